import fc from 'fast-check';
import { printBudget } from '#libs/ledger';
import {
  budgets,
  createTestDatabase,
  LedgerProcess,
  respelled,
  workloadSeed,
  type Answer,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';

const seed = workloadSeed();
const FAR_AHEAD = BigInt(Date.parse('2199-01-01T00:00:00Z')) * 1000n;

/** Of each budget what is written first, and the same in other words. */
const given = fc
  .sample(
    budgets
      // One that has ended is not in force.
      .map(({ validUntil, ...budget }) => ({
        ...budget,
        ...(validUntil !== undefined && { validUntil: FAR_AHEAD + (validUntil % 1_000_000n) }),
      }))
      .chain((budget) => fc.tuple(fc.constant(budget), respelled(budget), respelled(budget))),
    { numRuns: 20, seed },
  )
  .map(([budget, first, second], n) => ({
    id: `b-${n}`,
    document: { ...printBudget(budget), budgetId: `b-${n}` },
    spellings: [first, second].map(({ budgetId: _, ...body }) => body),
  }));

describe(`a budget that was read and is written back (FC_SEED=${seed})`, () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    grpc = ledger.grpc();
    for (const { id, document } of given) expect((await put(id, document)).status).toBe(201);
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  it('is the same over HTTP, whatever stands in it, under its entity tag too', async () => {
    for (const { id, document } of given) {
      const read = await ledger.http.get(`/v1/budgets/${id}`);
      expect(read.body).toEqual(document);
      for (const ifMatch of [undefined, '*', read.headers.get('etag')!]) {
        isUnchanged(await put(id, read.body, ifMatch), document);
      }
      expect((await put(id, read.body, '"2"')).status).toBe(412);
    }
  });

  it('is the same in other words, and answered in those on record', async () => {
    for (const { id, document, spellings } of given) {
      for (const body of spellings) {
        isUnchanged(await put(id, body), document);
        const dry = await put(`${id}?dryRun=true`, body);
        expect([dry.status, dry.headers.get('etag'), dry.body.budget]).toEqual([
          200,
          '"1"',
          document,
        ]);
      }
    }
  });

  it('is the same over gRPC', async () => {
    for (const { id } of given) {
      const { budget } = await grpc.call('BudgetAdminService', 'GetBudget', { budget_id: id });
      expect(budget.etag).toBe('"1"');
      for (const etag of [budget.etag, '']) {
        const request = { budget: { ...budget, etag } };
        const changed = await grpc.call('BudgetAdminService', 'SetBudget', request);
        expect(changed).toMatchObject({ budget, applied: true });
      }
    }
  });

  it('has made no revision', async () => {
    for (const { id } of given) {
      const { body } = await ledger.http.get(`/v1/budgets/${id}/revisions`);
      expect(body.items).toHaveLength(1);
    }
  });

  it('is another one with any other word in it', async () => {
    const [{ id, document }] = given as [(typeof given)[0]];
    const changed = await put(id, { ...document, enforce: !document.enforce });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
  });

  function isUnchanged({ status, headers, body }: Answer, document: object): void {
    expect([status, headers.get('etag'), body.applied]).toEqual([200, '"1"', true]);
    expect(body.budget).toEqual(document);
  }

  function put(rest: string, body: object, ifMatch?: string): Promise<Answer> {
    return ledger.http.request('PUT', `/v1/budgets/${rest}`, body, {
      'content-type': 'application/json',
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    });
  }
});
