import { randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { sql } from 'kysely';
import {
  createTestDatabase,
  LedgerProcess,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { callGrpc } from './support/grpc-outcome';
import type { Planted } from './support/planted-events';
import { plantedRequests } from './support/planted-secrets';

/** No secret of the world has this in it, so that finding it means that one got out. */
const MARK = `pLanTed${randomBytes(6).toString('hex')}`;
const SECRET = `sk-${MARK}`;

/** One of each pattern that the README lists. */
const PATTERNS = [
  SECRET,
  `sk-proj-${MARK}_-x`,
  `AKIA${MARK.toUpperCase().slice(0, 16)}`,
  `ASIA${MARK.toUpperCase().slice(0, 16)}`,
  `ghp_${MARK.padEnd(36, 'x')}`,
  `github_pat_${MARK.padEnd(22, '_')}`,
  `glpat-${MARK.padEnd(20, '-')}`,
  `AIza${MARK.padEnd(35, 'x')}`,
  `xoxb-${MARK}`,
  `hf_${MARK.padEnd(30, 'x')}`,
  `eyJ${MARK}.${MARK}.${MARK}`,
];
const USER = { user: { user_id: 'alice' } };
const EVENT = {
  id: 'call-1',
  source: 'test',
  time: { seconds: 1_777_284_000 },
  scope: USER,
  amount: '1',
};
const BUDGET = { budget_id: 'b', account: 'user:alice', limit: '1', window: { total: {} } };

type Call = [
  service: 'IngestService' | 'BudgetService' | 'BudgetAdminService',
  method: string,
  request: object,
];

describe('a secret', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, LOG_LEVEL: 'debug' } });
    grpc = ledger.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  it.each(
    plantedRequests(SECRET).map(
      (planted) => [planted.method, planted.path, planted.where, planted] as const,
    ),
  )('is refused and not echoed by %s %s in %s', async (_method, _path, _where, planted) =>
    refused(planted),
  );

  it.each(PATTERNS)('of whichever pattern is refused: %s', async (secret) => {
    const byField = plantedRequests(secret).filter(
      ({ where, path }) =>
        /^(event scope\.userId|batch id|budgetId|x-request-id|user:|header \{"ce-id")/.test(
          where,
        ) || path.includes('account='),
    );
    expect(byField.length).toBeGreaterThan(20);
    for (const planted of byField) await refused(planted);
    await refusedOverGrpc(['BudgetService', 'Check', { scope: { key: { key_id: secret } } }]);
  });

  it.each<Call>([
    ...eventMessages().map((event): Call => ['IngestService', 'RecordSpend', { event }]),
    ...scopeMessages().map((scope): Call => ['BudgetService', 'Check', { scope }]),
    ['BudgetService', 'Check', { scope: USER, estimate: SECRET }],
    ['BudgetService', 'Check', { scope: USER, min_position: SECRET }],
    ['BudgetService', 'GetBalance', { account: `user:${SECRET}` }],
    ['BudgetService', 'GetBalance', { account: 'user:a', min_position: SECRET }],
    ...holdMessages().map((hold): Call => ['BudgetService', 'Hold', hold]),
    ...settleMessages().map((settle): Call => ['BudgetService', 'Settle', settle]),
    ['BudgetService', 'Release', { hold_id: SECRET }],
    ['BudgetService', 'Extend', { hold_id: SECRET, amount: '1' }],
    ['BudgetService', 'Extend', { hold_id: 'h', amount: SECRET }],
    ...budgetMessages().map((budget): Call => ['BudgetAdminService', 'SetBudget', { budget }]),
    ['BudgetAdminService', 'GetBudget', { budget_id: SECRET }],
    ['BudgetAdminService', 'RemoveBudget', { budget_id: SECRET }],
    ['BudgetAdminService', 'RemoveBudget', { budget_id: 'b', etag: `"${SECRET}"` }],
    ['BudgetAdminService', 'ListBudgets', { account: `key:${SECRET}` }],
    ['BudgetAdminService', 'ListBudgets', { page_token: SECRET }],
  ])('is refused and not echoed by %s/%s of %j', (...call) => refusedOverGrpc(call));

  it('is refused alone in a batch over gRPC', async () => {
    const events = eventMessages();
    const { value, text } = await callGrpc(grpc, 'IngestService', 'RecordSpendBatch', { events });
    expect(value.results.map(({ result }: { result: string }) => result)).toEqual(
      events.map(() => 'problem'),
    );
    expectNothingOf(text);
  });

  it('has left no trace in what the process counts, keeps or says', async () => {
    expectNothingOf(await (await fetch(`${ledger.httpUrl}/metrics`)).text());
    expect(await tablesWith(MARK)).toEqual([]);
    await ledger.stop();
    expect(ledger.output).toContain('"level":"debug"');
    expectNothingOf(ledger.output);
  });

  async function refused({ method, path, headers = {}, body }: Planted): Promise<void> {
    const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const response = await fetch(ledger.httpUrl + path, {
      method,
      headers,
      ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    expect([Math.floor(response.status / 100), response.headers.get('content-type')]).toEqual([
      4,
      'application/problem+json',
    ]);
    expectNothingOf(JSON.stringify([...response.headers]) + (await response.text()));
  }

  async function refusedOverGrpc([service, method, request]: Call): Promise<void> {
    const { code, reason, text } = await callGrpc(grpc, service, method, request);
    const isFine =
      code === status.ABORTED
        ? reason === 'etag_mismatch'
        : code === status.INVALID_ARGUMENT && reason === 'invalid';
    expect([isFine, code, reason]).toEqual([true, code, reason]);
    expectNothingOf(text);
  }

  /** The tables in which any row has a text in it, whatever the column. */
  async function tablesWith(mark: string): Promise<string[]> {
    const { kysely } = db.database;
    const { rows } = await sql<{ table: string }>`
      select table_name as table from information_schema.tables where table_schema = 'public'`.execute(
      kysely,
    );
    const found: string[] = [];
    for (const { table } of rows) {
      const bytes = Buffer.from(mark).toString('hex');
      const hits = await sql`
        select from ${sql.table(table)} as t
        where position(${mark} in t::text) > 0 or position(${bytes} in t::text) > 0`.execute(
        kysely,
      );
      if (hits.rows.length > 0) found.push(table);
    }
    expect(rows.length).toBeGreaterThan(5);
    return found;
  }
});

/** Not the mark, in neither case: some patterns are capitals. */
function expectNothingOf(text: string): void {
  expect(text.toLowerCase()).not.toContain(MARK.toLowerCase().slice(0, 16));
}

function scopeMessages(): object[] {
  return [
    { key: { key_id: SECRET } },
    { user: { user_id: SECRET } },
    { user: { user_id: 'a', key_id: SECRET } },
    { team: { team_id: SECRET } },
    { team: { team_id: 'ml', user_id: SECRET } },
    { team: { team_id: 'ml', key_id: SECRET } },
  ];
}

function eventMessages(): object[] {
  const fields = ['id', 'source', 'amount', 'currency', 'request_id', 'hold_id', 'model'];
  const trees = [
    { a: { stringValue: SECRET } },
    { [SECRET]: { nullValue: 'NULL_VALUE' } },
    { a: { listValue: { values: [{ structValue: { fields: { b: { stringValue: SECRET } } } }] } } },
  ];
  return [
    ...fields.map((name) => ({ ...EVENT, [name]: SECRET })),
    ...trees.map((tree) => ({ ...EVENT, metadata: { fields: tree } })),
    ...[{ org: SECRET }, { [SECRET]: 'acme' }].map((labels) => ({ ...EVENT, labels })),
    ...scopeMessages().map((scope) => ({ ...EVENT, scope })),
  ];
}

function holdMessages(): object[] {
  const hold = { scope: USER, amount: '1', ttl_seconds: 60 };
  const names = ['amount', 'request_id', 'idempotency_key', 'min_position'];
  return [
    ...names.map((name) => ({ ...hold, [name]: SECRET })),
    ...scopeMessages().map((scope) => ({ ...hold, scope })),
  ];
}

function settleMessages(): object[] {
  const settle = { hold_id: 'h', amount: '1' };
  return [
    ...['hold_id', 'amount', 'model'].map((name) => ({ ...settle, [name]: SECRET })),
    { ...settle, metadata: { fields: { [SECRET]: { nullValue: 'NULL_VALUE' } } } },
    { ...settle, metadata: { fields: { a: { stringValue: SECRET } } } },
  ];
}

function budgetMessages(): object[] {
  return [
    { ...BUDGET, budget_id: SECRET },
    { ...BUDGET, account: `user:${SECRET}` },
    { ...BUDGET, limit: SECRET },
    { ...BUDGET, warn_at: [SECRET] },
    { ...BUDGET, etag: SECRET },
    { ...BUDGET, etag: `"${SECRET}"` },
  ];
}
