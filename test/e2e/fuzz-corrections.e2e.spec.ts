import fc from 'fast-check';
import { formatMoney, picoOfDecimal } from '#libs/ledger';
import {
  amounts,
  CORRECTION_TYPE,
  createTestDatabase,
  LedgerProcess,
  projectionDifferences,
  type Answer,
  type TestDatabase,
} from '#libs/testing';
import { ApiDocument } from './support/api-document';
import { bodies, fuzz } from './support/fuzz-inputs';

const ROUTE = 'POST /v1/events';
const ALICE = { type: 'user', userId: 'alice' };
const SPENDS = 4;

const corrections = fc.record({
  specversion: fc.constant('1.0'),
  id: fc.nat(200).map((n) => `correction-${n}`),
  source: fc.constantFrom('finance', 'test-gateway'),
  type: fc.constant(CORRECTION_TYPE),
  time: fc.constant('2026-04-28T09:00:00Z'),
  data: fc.tuple(fc.nat(SPENDS), fc.option(amounts.map(formatMoney))).map(([n, amount]) => ({
    adjusts: { source: 'test-gateway', id: `spend-${n}` },
    ...(amount === null ? { kind: 'reverse' } : { kind: 'amend', amount }),
    reason: 'a test',
  })),
});

describe('whatever comes as a correction', () => {
  const api = new ApiDocument();
  /** What each spend costs, as far as the doors have said that it was recorded. */
  const costs = new Map<string, bigint>();
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    for (let n = 0; n < SPENDS; n++) {
      await ledger.http.record(ALICE, '10.00', { id: `spend-${n}` });
      costs.set(`spend-${n}`, picoOfDecimal('10.00'));
    }
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('breaks no door', () =>
    fuzz(bodies(corrections), 400, async (body) => {
      const answer = await ledger.http.post('/v1/events', body, 'application/cloudevents+json');
      const faults = api.faultsOf(ROUTE, answer);
      expect([answer.status < 500, faults]).toEqual([true, []]);
      if (answer.status === 201) note(JSON.parse(Buffer.from(body).toString()));
    }));

  it('sets what was answered as recorded, and nothing else', async () => {
    const sum = [...costs.values()].reduce((total, pico) => total + pico, 0n);
    expect(sum).not.toBe(picoOfDecimal(`${SPENDS}0.00`));
    const { body } = await ledger.http.balance('user:alice');
    expect(body).toMatchObject({ spentAllTime: formatMoney(sum), unpriced: 0 });
    expect(await projectionDifferences(db.database)).toEqual([]);
    const { kysely } = db.database;
    expect(await kysely.selectFrom('quarantine').selectAll().execute()).toEqual([]);
    expect(ledger.output).not.toContain('"level":"error"');
  });

  function note({ data }: Answer['body']): void {
    costs.set(data.adjusts.id, data.kind === 'reverse' ? 0n : picoOfDecimal(data.amount));
  }
});
