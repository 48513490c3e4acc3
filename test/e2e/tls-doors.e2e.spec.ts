import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { json, text } from 'node:stream/consumers';
import { credentials, Client, type ServiceError } from '@grpc/grpc-js';
import {
  CertificateAuthority,
  CertificateFolder,
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';

const BUDGET = { account: 'user:alice', limit: '1.00', window: { type: 'total' } };

describe('a ledger with certificates for its doors', () => {
  const files = new CertificateFolder();
  let ca: CertificateAuthority;
  let db: TestDatabase;
  let env: Record<string, string>;
  let ledger: LedgerProcess | undefined;

  const write = async () => {
    const { certificate, key } = await ca.issue({ names: ['IP:127.0.0.1', 'DNS:localhost'] });
    return {
      TLS_KEY_FILE: files.write('tls.key', key),
      TLS_CERT_FILE: files.write('tls.crt', certificate),
    };
  };

  beforeAll(async () => {
    ca = await CertificateAuthority.create();
    db = await createTestDatabase({ ledger: false });
    env = { DATABASE_URL: db.url, ...(await write()), TLS_RELOAD: 'PT0.05S' };
    ledger = await LedgerProcess.start({ env });
  });

  afterAll(async () => {
    await ledger?.stop();
    await db?.drop();
    files.remove();
  });

  const ask = async (method: string, path: string, body?: object) => {
    const { status, stream } = await send(method, path, body);
    return { status, body: await json(stream) };
  };

  const send = async (method: string, path: string, body?: object) => {
    const trust = { ca: ca.certificate, servername: 'localhost', agent: false };
    const headers = { 'content-type': 'application/json' };
    const asked = request(`${ledger!.httpUrl}${path}`, { method, headers, ...trust });
    asked.end(body && JSON.stringify(body));
    const [response] = (await once(asked, 'response')) as [
      NodeJS.ReadableStream & { statusCode: number },
    ];
    return { status: response.statusCode, stream: response };
  };

  it('says where they are, and answers there over TLS alone', async () => {
    expect(ledger!.httpUrl).toMatch(/^https:/);
    const budget = await ask('PUT', '/v1/budgets/alice', BUDGET);
    expect(budget).toMatchObject({ status: 201 });
    await expect(fetch(ledger!.httpUrl.replace('https', 'http'))).rejects.toThrow();
    const client = new Client(
      ledger!.grpcAddress.replace('127.0.0.1', 'localhost'),
      credentials.createSsl(Buffer.from(ca.certificate)),
    );
    const same = (bytes: Buffer) => bytes;
    const error = await new Promise<ServiceError | null>((resolve) => {
      const path = '/grpc.health.v1.Health/Check';
      client.makeUnaryRequest(path, same, same, Buffer.alloc(0), resolve);
    });
    client.close();
    expect(error).toBeNull();
  });

  it('says in its metrics until when they are valid', async () => {
    const { stream } = await send('GET', '/metrics');
    const [, seconds] = /^ledger_certificate_not_after_timestamp_seconds (\S+)$/m.exec(
      await text(stream),
    )!;
    const inForce = new X509Certificate(readFileSync(env['TLS_CERT_FILE']!));
    expect(Number(seconds) * 1_000).toBe(inForce.validToDate.getTime());
  });

  it('goes on with new ones, and says so', async () => {
    await write();
    await waitUntil('they are in force', () =>
      ledger!.output.includes('New certificates are in force'),
    );
    expect(await ask('GET', '/readyz')).toMatchObject({ status: 200 });
  });

  it('does not start without one of the files', async () => {
    const { code, text: said } = await LedgerProcess.refusal({
      env: { ...env, TLS_KEY_FILE: '/nowhere/tls.key' },
    });
    expect(code).toBe(1);
    expect(said).toBe('TLS_KEY_FILE is "/nowhere/tls.key", which cannot be read (ENOENT).\n');
  });
});
