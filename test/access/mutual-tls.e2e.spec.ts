import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  CertificateAuthority,
  CertificateFolder,
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  type IssuedCertificate,
  type TestDatabase,
} from '#libs/testing';
import { accessCommand, createToken } from './support/credentials';

const NAME = 'URI:spiffe://example.org/gateway';
const SCOPE = { type: 'team', teamId: 'ml' };
const OTHER = { type: 'team', teamId: 'ops' };

/** What a caller shows. */
interface Shown {
  readonly certificate?: IssuedCertificate | undefined;
  readonly token?: string;
}

describe('a certificate in place of a token', () => {
  let db: TestDatabase;
  let env: Record<string, string>;
  let files: CertificateFolder;
  let serverCa: CertificateAuthority;
  let clientCa: CertificateAuthority;
  let ledger: LedgerProcess;
  let good: IssuedCertificate;
  let token: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    files = new CertificateFolder();
    [serverCa, clientCa] = await Promise.all([
      CertificateAuthority.create('Server CA'),
      CertificateAuthority.create('Client CA'),
    ]);
    const own = await serverCa.issue({ names: ['DNS:localhost', 'IP:127.0.0.1'], use: 'server' });
    env = {
      DATABASE_URL: db.url,
      TLS_CERT_FILE: files.write('cert.pem', own.certificate),
      TLS_KEY_FILE: files.write('key.pem', own.key),
      TLS_CLIENT_CA_FILE: files.write('clients.pem', clientCa.certificate),
    };
    ledger = await LedgerProcess.start({ env: { ...env, INSECURE_NO_AUTH: '' } });
    const allow = ['certificates', 'allow', '--name', 'gateway', '--san', NAME];
    await accessCommand(env, ...allow, '--roles', 'check', '--team', 'ml');
    token = await createToken(env, 'other', 'check');
    good = await clientCa.issue({ names: [NAME, 'DNS:gw-1.internal'], use: 'client' });
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
    files.remove();
  });

  async function check({ certificate, token: shown }: Shown, scope: object = SCOPE) {
    const asked = request(`${ledger.httpUrl}/v1/check`, {
      method: 'POST',
      ca: serverCa.certificate,
      ...(certificate && { cert: certificate.certificate, key: certificate.key }),
      headers: {
        'content-type': 'application/json',
        connection: 'close',
        ...(shown !== undefined && { authorization: `Bearer ${shown}` }),
      },
    });
    asked.end(JSON.stringify({ scope }));
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await text(response) };
  }

  /** @returns the status code of a check over gRPC */
  function checkOverGrpc({ certificate, token: shown }: Shown, teamId = 'ml'): Promise<number> {
    const channel = credentials.createSsl(
      Buffer.from(serverCa.certificate),
      certificate && Buffer.from(certificate.key),
      certificate && Buffer.from(certificate.certificate),
    );
    const client = new Client(ledger.grpcAddress, channel);
    const metadata = new Metadata();
    if (shown !== undefined) metadata.set('authorization', `Bearer ${shown}`);
    const team = field(3, field(1, Buffer.from(teamId)));
    const asIs = (bytes: Buffer) => bytes;
    return new Promise((resolve) => {
      const path = '/spendledger.v1.BudgetService/Check';
      const done = (error: ServiceError | null) => {
        client.close();
        resolve(error ? error.code : 0);
      };
      client.makeUnaryRequest(path, asIs, asIs, field(1, team), metadata, done);
    });
  }

  async function expectAnswer(shown: Shown, status: number, code: number): Promise<void> {
    expect([(await check(shown)).status, await checkOverGrpc(shown)]).toEqual([status, code]);
  }

  it('has the roles and the bindings of a name in it', async () => {
    await expectAnswer({ certificate: good }, 200, 0);
    const other = await check({ certificate: good }, OTHER);
    expect(other.status).toBe(403);
    expect(other.body).toContain('gateway is bound to team:ml');
    expect(await checkOverGrpc({ certificate: good }, 'ops')).toBe(7);
  });

  it('is not needed where there is a token, and nobody comes in without either', async () => {
    await expectAnswer({ token }, 200, 0);
    await expectAnswer({}, 401, 16);
  });

  it.each<[string, () => Promise<IssuedCertificate>]>([
    [
      'of another authority',
      async () =>
        (await CertificateAuthority.create('Other CA')).issue({ names: [NAME], use: 'client' }),
    ],
    ['that has expired', () => clientCa.issue({ names: [NAME], use: 'client', expired: true })],
    ['without a name', () => clientCa.issue({ use: 'client', commonName: NAME })],
    ['of a server', () => clientCa.issue({ names: [NAME], use: 'server' })],
    ['with another name', () => clientCa.issue({ names: ['DNS:example.org'], use: 'client' })],
    [
      'with its name as another kind',
      () => clientCa.issue({ names: ['DNS:spiffe://example.org/gateway'], use: 'client' }),
    ],
  ])('is refused, over HTTP and gRPC: one %s', async (_what, issue) => {
    await expectAnswer({ certificate: await issue() }, 401, 16);
  });

  it('is refused beside a token of somebody else, as a wrong one is beside a good token', async () => {
    await expectAnswer({ certificate: good, token }, 401, 16);
    const foreign = await (await CertificateAuthority.create('Other CA')).issue({ names: [NAME] });
    await expectAnswer({ certificate: foreign, token }, 401, 16);
    const nameless = await clientCa.issue({ use: 'client' });
    await expectAnswer({ certificate: nameless, token }, 200, 0);
  });

  it('is refused when its name is revoked', async () => {
    const name = 'DNS:leaving.internal';
    const allow = ['certificates', 'allow', '--name', 'leaving', '--san', name];
    await accessCommand(env, ...allow, '--roles', 'check');
    const certificate = await clientCa.issue({ names: [name], use: 'client' });
    await expectAnswer({ certificate }, 200, 0);
    await accessCommand(env, 'certificates', 'revoke', 'leaving');
    await waitUntil('it is refused', async () => (await check({ certificate })).status === 401);
    await expectAnswer({ certificate }, 401, 16);
  });
});

const field = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
