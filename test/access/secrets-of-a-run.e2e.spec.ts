import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import {
  createTestDatabase,
  LedgerProcess,
  ledgerCommand,
  waitUntil,
  WebhookReceiver,
  type TestDatabase,
} from '#libs/testing';
import { callGrpc } from '../e2e/support/grpc-outcome';
import { createToken } from './support/credentials';

const ALICE = { type: 'user', userId: 'alice' };
const secretBytes = (): string => randomBytes(32).toString('base64url');

describe('the secrets of a ledger', () => {
  const password = secretBytes();
  const first = `slt_${secretBytes()}`;
  const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;
  const webhookPassword = secretBytes();
  /** All that must stay where it belongs. */
  const secrets = new Map([
    ['the database’s password', password],
    ['the first token', first],
    ['the webhook’s secret', webhookSecret.slice('whsec_'.length)],
    ['the webhook’s password', webhookPassword],
  ]);
  /** All that anybody could read. */
  const heard: string[] = [];
  let db: TestDatabase;
  let folder: string;
  let receiver: WebhookReceiver;
  let env: Record<string, string>;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'spend-ledger-secrets-'));
    await writeFile(join(folder, 'first'), `${first}\n`, { mode: 0o600 });
    const role = `ledger_${randomBytes(4).toString('hex')}`;
    const login = `create role ${role} login superuser password '${password}'`;
    await sql.raw(login).execute(db.database.kysely);
    receiver = await WebhookReceiver.start(webhookSecret);
    env = {
      DATABASE_URL: db.url.replace(/\/\/[^@/]*@?/, (given) =>
        given.endsWith('@') ? `//${role}:${password}@` : `//${role}:${password}@${given.slice(2)}`,
      ),
      FIRST_TOKEN_FILE: join(folder, 'first'),
      LOG_LEVEL: 'debug',
      WARNING_WEBHOOK_URL: receiver.url.replace('//', `//ledger:${webhookPassword}@`),
      WARNING_WEBHOOK_SECRET: webhookSecret,
      INSECURE_NO_AUTH: '',
    };
    ledger = await LedgerProcess.start({ env });
  });
  afterAll(async () => {
    await ledger.stop();
    await receiver.close();
    await db.drop();
    await rm(folder, { recursive: true });
  });

  async function hear(path: string, token: string, body?: object): Promise<void> {
    const response = await fetch(ledger.httpUrl + path, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    heard.push(JSON.stringify([...response.headers]), await response.text());
  }

  it('are nowhere in what it says, counts, keeps or is called', async () => {
    const created = await createToken(env, 'all', 'record,check,admin,audit,ops');
    secrets.set('a token', created);
    const all = ledger.http.as(created);
    expect(await ledger.http.as(first).check(ALICE)).toMatchObject({ status: 200 });
    const webhook = { warnAt: ['0.5'] };
    expect(await all.setBudget('b', 'user:alice', '1', webhook)).toMatchObject({ status: 201 });
    expect(await all.record(ALICE, '2.00')).toMatchObject({ status: 201 });
    for (const token of [created, first, `${created}x`, first.slice(0, -1)]) {
      for (const path of [
        '/metrics',
        '/readyz',
        '/v1/balances?account=user:alice',
        '/v1/nothing',
      ]) {
        await hear(path, token);
      }
      await hear('/v1/check', token, { scope: ALICE });
      await hear('/v1/check', token, { scope: { type: 'key', keyId: token } });
      await hear(`/v1/budgets/${token}`, token);
      const grpc = ledger.grpc().as(token);
      const scope = { key: { key_id: token } };
      heard.push((await callGrpc(grpc, 'BudgetService', 'Check', { scope })).text);
      grpc.close();
    }
    await waitUntil('the warning is delivered', () => receiver.messages.length > 0);
    for (const args of [['tokens', 'list'], ['events', 'user:alice'], ['verify'], ['export']]) {
      const { stdout, stderr } = await ledgerCommand(env, ...args);
      heard.push(stdout, stderr);
    }
    const { pid } = ledger.child;
    heard.push(await readFile(`/proc/${pid!}/cmdline`, 'utf8').catch(() => ''));
    const tables = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = 'public'`.execute(
      db.database.kysely,
    );
    for (const { name } of tables.rows) {
      const { rows } = await sql<{ row: string }>`
        select t::text as row from ${sql.table(name)} t`.execute(db.database.kysely);
      heard.push(...rows.map(({ row }) => row));
    }
    const { rows: sessions } = await sql<{ row: string }>`
      select a::text as row from pg_stat_activity a`.execute(db.database.kysely);
    heard.push(...sessions.map(({ row }) => row));
    await ledger.stop();
    heard.push(ledger.output);
    expect(ledger.output).toContain('"level":"debug"');
    expectNone();
  });

  it.each([
    ['an address where nothing is', () => `postgres://ledger:${password}@127.0.0.1:1/ledger`],
    ['a database that is not there', (url: string) => `${url}_nothing`],
    ['a parameter that is none', (url: string) => `${url}?sslmode=nonsense`],
    ['another scheme', (url: string) => url.replace('postgres', 'mysql')],
  ])('are nowhere in why it does not start: %s', async (_what, change) => {
    const wrong = { ...env, DATABASE_URL: change(env['DATABASE_URL']!) };
    const { text } = await LedgerProcess.refusal({ env: wrong });
    heard.push(text);
    const { stdout, stderr } = await ledgerCommand(wrong, 'verify');
    heard.push(stdout, stderr);
    expectNone();
  });

  it('are nowhere in why a file of them is of no use', async () => {
    const file = join(folder, 'wrong');
    await writeFile(file, `${first}\n${first}`);
    const { code, text } = await LedgerProcess.refusal({ env: { ...env, FIRST_TOKEN_FILE: file } });
    expect([code, text]).toEqual([1, expect.stringContaining('FIRST_TOKEN_FILE must hold one')]);
    heard.push(text);
    expectNone();
  });

  function expectNone(): void {
    const all = heard.join('\n');
    expect(all.length).toBeGreaterThan(100);
    const found = [...secrets].filter(([, secret]) => all.includes(secret)).map(([name]) => name);
    expect(found).toEqual([]);
  }
});
