import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { CertificateAuthority, TlsPostgres, waitUntil, type Asked } from '#libs/testing';
import { Database } from './database';
import { unreachable } from './unreachable';

let postgres: TlsPostgres;
let roots: string;
beforeAll(async () => {
  postgres = await TlsPostgres.start();
  roots = postgres.files.write('ca.crt', postgres.serverCa.certificate);
  await ask(postgres.socketUrl, sql`create role by_certificate login`);
});
afterAll(() => postgres?.remove());

const optionsOf = (connectionString: string) => ({
  connectionString,
  applicationName: 'test',
  maxConnections: 1,
  clockOffsetMs: 0,
  timeoutMs: 5000,
});

async function ask<T>(url: string, query: ReturnType<typeof sql<T>>): Promise<T> {
  const database = new Database(optionsOf(url));
  try {
    return (await query.execute(database.kysely)).rows[0]!;
  } finally {
    await database.close();
  }
}

const session = sql<{ ssl: boolean; version: string; name: string | null }>`
  select ssl, version, client_dn as name from pg_stat_ssl where pid = pg_backend_pid()`;

const to = (query: Readonly<Record<string, string>>, user = 'postgres') =>
  postgres.url(user, { sslrootcert: roots, ...query });

async function withCertificate(asked: Asked, ca = postgres.clientCa) {
  const { certificate, key } = await ca.issue({ commonName: 'by_certificate', ...asked });
  return {
    sslmode: 'verify-full',
    sslcert: postgres.files.write('tls.crt', certificate),
    sslkey: postgres.files.write('tls.key', key),
  };
}

it.each(['verify-full', 'verify-ca', 'require'])('is reached with %s', async (sslmode) => {
  expect(await ask(to({ sslmode }), session)).toMatchObject({ ssl: true, version: 'TLSv1.3' });
});

it.each(['verify-full', 'verify-ca', 'require'])(
  'is not the Postgres of %s where another CA speaks for it, and is with no-verify',
  async (sslmode) => {
    const { certificate } = await CertificateAuthority.create('Stranger');
    const sslrootcert = postgres.files.write('other.crt', certificate);
    expect(await unreachable(optionsOf(to({ sslmode, sslrootcert })))).toMatch(
      /^DATABASE_URL leads to no Postgres that lets this process in \(.*certificate/,
    );
    const anybody = { sslmode: 'no-verify', sslrootcert };
    expect(await ask(to(anybody), session)).toMatchObject({ ssl: true });
  },
);

it('is not reached without TLS, and is not taken for it where it has none', async () => {
  const open = postgres.url('postgres', { sslmode: 'disable' });
  expect(await unreachable(optionsOf(open))).toMatch(/no encryption/);
  const secure = postgres.socketUrl.replace('sslmode=disable', 'sslmode=require');
  expect(await unreachable(optionsOf(secure))).toMatch(/does not support SSL/);
});

it('lets in who shows a certificate', async () => {
  const url = to(await withCertificate({}), 'by_certificate');
  expect(await ask(url, session)).toMatchObject({ ssl: true, name: '/CN=by_certificate' });
});

it.each<[string, () => Promise<Readonly<Record<string, string>>>]>([
  ['none', () => Promise.resolve({ sslmode: 'verify-full' })],
  ['an expired one', () => withCertificate({ expired: true })],
  ['one of another name', () => withCertificate({ commonName: 'somebody' })],
  [
    'one of another CA',
    async () => withCertificate({}, await CertificateAuthority.create('Stranger')),
  ],
])('lets in nobody with %s', async (_what, query) => {
  const url = to(await query(), 'by_certificate');
  expect(await unreachable(optionsOf(url))).toMatch(/^DATABASE_URL leads to no Postgres that lets/);
});

it('is asked with what the files have in them at each new connection', async () => {
  const database = new Database(optionsOf(to(await withCertificate({}), 'by_certificate')));
  const pid = async () => {
    const query = sql<{ pid: number }>`select pg_backend_pid() as pid`;
    return (await query.execute(database.kysely)).rows[0]!.pid;
  };
  const cut = async (backend: number) => {
    await ask(postgres.socketUrl, sql`select pg_terminate_backend(${backend}, 5000)`);
  };
  const first = await pid();
  await withCertificate({ expired: true });
  expect(await pid()).toBe(first);
  await cut(first);
  await waitUntil('it is refused', () =>
    pid().then(
      () => false,
      (error: Error) => /certificate|alert|closed|reset/i.test(String(error)),
    ),
  );
  await withCertificate({});
  postgres.files.write('tls.key', '');
  await expect(pid()).rejects.toThrow();
  await withCertificate({});
  const second = await pid();
  expect(second).not.toBe(first);
  // Being replaced: what was read last is what is shown.
  for (const file of ['ca.crt', 'tls.crt', 'tls.key']) await rm(join(postgres.files.path, file));
  await cut(second);
  await waitUntil('it is in again', () => pid().then((third) => third !== second));
  await database.close();
});

it.each<[string, Asked]>([
  ['of another name', { names: ['DNS:elsewhere', 'IP:10.0.0.1'] }],
  ['that has expired', { expired: true }],
])('is not taken for a server %s', async (_what, asked) => {
  const file = postgres.files.write('ca.crt', postgres.serverCa.certificate);
  const url = to({ sslmode: 'verify-full', sslrootcert: file });
  await postgres.show(
    await postgres.serverCa.issue({ names: [`IP:${postgres.address}`], ...asked }),
  );
  await ask(postgres.socketUrl, sql`select pg_reload_conf()`);
  await waitUntil('it is refused', async () =>
    /altnames|expired/.test((await unreachable(optionsOf(url))) ?? ''),
  );
});
