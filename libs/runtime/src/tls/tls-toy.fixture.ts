import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { CertificateAuthority, CertificateFolder, type IssuedCertificate } from '#libs/testing';
import { createLogger } from '../logger';
import { redactSecrets } from '#libs/ledger';
import { call, start, type Toy } from '../toy-process.fixture';
import { DoorCertificates, type TlsConfig } from './door-certificates';
import { type PeerCertificate } from './peer-certificate';

// No tests here: a toy process whose doors speak TLS, and callers of it. Named a spec to stay out of builds.

const LOOPBACK = ['DNS:localhost', 'IP:127.0.0.1'];

/** A toy process with certificates in files of its own. */
export class TlsToy {
  readonly lines: string[] = [];
  private running: Toy | undefined;

  private constructor(
    private readonly folder: CertificateFolder,
    readonly config: TlsConfig,
    /** Whom callers trust. */
    readonly serverCa: CertificateAuthority,
    /** Whom the doors trust. */
    readonly clientCa: CertificateAuthority,
  ) {}

  static async start(): Promise<TlsToy> {
    const folder = new CertificateFolder();
    const [serverCa, clientCa] = await Promise.all([
      CertificateAuthority.create('Server CA'),
      CertificateAuthority.create('Client CA'),
    ]);
    const own = await serverCa.issue({ names: LOOPBACK, use: 'server' });
    const toy = new TlsToy(folder, filesIn(folder, own, clientCa), serverCa, clientCa);
    toy.running = await start(0, 0, await DoorCertificates.read(toy.config, toy.logger));
    return toy;
  }

  get toy(): Toy {
    return this.running!;
  }

  get ports(): { readonly http: number; readonly grpc: number } {
    const { httpUrl, grpcAddress } = this.toy;
    return { http: Number(new URL(httpUrl).port), grpc: Number(grpcAddress!.split(':')[1]) };
  }

  get logger() {
    const write = (line: string) => this.lines.push(line);
    return createLogger({ level: 'info', now: () => new Date(0), redact: redactSecrets, write });
  }

  write(file: string, text: string): void {
    this.folder.write(file, text);
  }

  remove(file: string): void {
    rmSync(join(this.folder.path, file));
  }

  issueOwn(commonName: string): Promise<IssuedCertificate> {
    return this.serverCa.issue({ names: LOOPBACK, use: 'server', commonName });
  }

  async close(): Promise<void> {
    await this.running?.close();
    this.folder.remove();
  }

  /** Whom the HTTP door sees. */
  async httpPeer(shown?: IssuedCertificate): Promise<PeerCertificate | null> {
    const { body } = await this.ask('/v1/peer', tlsOf(this.serverCa, shown));
    return (JSON.parse(body) as { peer: PeerCertificate | null }).peer;
  }

  /** Whom the gRPC door sees. */
  async grpcPeer(shown?: IssuedCertificate): Promise<PeerCertificate | null> {
    const { error, value } = await call(this.toy, { text: 'peer' }, this.credentials(shown));
    if (error !== null) throw error;
    return JSON.parse((value as { text: string }).text) as PeerCertificate | null;
  }

  credentials(shown?: IssuedCertificate, ca = this.serverCa): grpc.ChannelCredentials {
    const { key, cert } = tlsOf(ca, shown);
    const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
    return grpc.credentials.createSsl(Buffer.from(ca.certificate), pem(key), pem(cert));
  }

  async ask(path: string, options: RequestOptions): Promise<{ status: number; body: string }> {
    const asked = request(`${this.toy.httpUrl}${path}`, {
      agent: false,
      servername: 'localhost',
      ...options,
    }).end();
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream & Status];
    return { status: response.statusCode!, body: await text(response) };
  }

  /** The subject of the certificate that a door shows. */
  async subjectAt(port: number): Promise<string> {
    const socket = await this.connect(port, {});
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  }

  async connect(port: number, options: ConnectionOptions): Promise<TLSSocket> {
    const ca = this.serverCa.certificate;
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca,
      ALPNProtocols: ['h2', 'http/1.1'],
      ...options,
    });
    await once(socket, 'secureConnect');
    return socket;
  }
}

interface Status {
  readonly statusCode?: number;
}

export const tlsOf = (ca: CertificateAuthority, shown?: IssuedCertificate) => ({
  ca: ca.certificate,
  ...(shown && { cert: shown.certificate, key: shown.key }),
});

const filesIn = (
  folder: CertificateFolder,
  { certificate, key }: IssuedCertificate,
  clientCa: CertificateAuthority,
): TlsConfig => ({
  certFile: folder.write('tls.crt', certificate),
  keyFile: folder.write('tls.key', key),
  clientCaFile: folder.write('client-ca.crt', clientCa.certificate),
  reloadMs: 10,
});
