import { randomInt } from 'node:crypto';
import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateAuthority, CertificateFolder, type IssuedCertificate } from './certificates';
import { OwnPostgres } from './own-postgres';

const HBA = `
local all all trust
hostssl all by_certificate 127.0.0.0/8 cert
hostssl all postgres 127.0.0.0/8 trust
`;

/** A Postgres that hears the network over TLS only; the user `by_certificate` gets in with a certificate of that name. */
export class TlsPostgres {
  private constructor(
    private readonly postgres: OwnPostgres,
    readonly address: string,
    readonly files: CertificateFolder,
    readonly serverCa: CertificateAuthority,
    readonly clientCa: CertificateAuthority,
  ) {}

  static async start(): Promise<TlsPostgres> {
    const [serverCa, clientCa] = await Promise.all([
      CertificateAuthority.create('Postgres CA'),
      CertificateAuthority.create('Client CA'),
    ]);
    const postgres = await OwnPostgres.start();
    const files = new CertificateFolder();
    const tls = new TlsPostgres(postgres, newAddress(), files, serverCa, clientCa);
    await tls.show(await serverCa.issue({ names: [`IP:${tls.address}`] }));
    await tls.put('client-ca.crt', clientCa.certificate);
    await tls.put('pg_hba.conf', HBA);
    await postgres.restartWith({
      listen_addresses: tls.address,
      ssl: 'on',
      ssl_cert_file: 'server.crt',
      ssl_key_file: 'server.key',
      ssl_ca_file: 'client-ca.crt',
    });
    return tls;
  }

  /** Over the network. */
  url(user: string, query: Readonly<Record<string, string>>): string {
    const said = new URLSearchParams(query).toString();
    return `postgresql://${user}@${this.address}:5432/spend_ledger?${said}`;
  }

  /** For who is on this machine, without TLS. */
  get socketUrl(): string {
    return this.postgres.url;
  }

  async remove(): Promise<void> {
    await this.postgres.remove();
    this.files.remove();
  }

  /** In force after `pg_reload_conf()`. */
  async show({ certificate, key }: IssuedCertificate): Promise<void> {
    await this.put('server.crt', certificate);
    await this.put('server.key', key);
  }

  /** As a file of whom Postgres runs as, who shares his key with nobody. */
  private async put(name: string, text: string): Promise<void> {
    const file = join(this.postgres.cluster, name);
    await writeFile(file, text, { mode: 0o600 });
    const { uid, gid } = await stat(this.postgres.cluster);
    await chown(file, uid, gid);
  }
}

/** Its port is that of its socket, so an address of its own keeps it apart from others; macOS has but one. */
function newAddress(): string {
  if (process.platform !== 'linux') return '127.0.0.1';
  return `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
}
