import { sql } from 'kysely';
import type { Bindings } from '#libs/access';
import {
  CORRECTION_TYPE,
  correctionEvent,
  createTestDatabase,
  LedgerProcess,
  spendEvent,
  type Answer,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from '../e2e/support/expect-problem';
import { keepToken } from './support/credentials';

const ML = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' };
const OPS_TEAM = { type: 'team', teamId: 'ops' };
const ML_BUDGET = { account: 'team:ml', limit: '1', window: { type: 'total' } };
const ALICE = { type: 'user', userId: 'alice' };
const EVENT = 'application/cloudevents+json';

describe('a caller that is bound', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let anybody: HttpLedger;
  /** Everything, in team ml. */
  let ofMl: HttpLedger;
  let ofAlice: HttpLedger;
  let fromA: HttpLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
    const all = ['record', 'check', 'admin', 'audit'] as const;
    const as = async (name: string, bound: Partial<Bindings> = {}) =>
      ledger.http.as(await keepToken(db.database, name, all, bound));
    anybody = await as('anybody');
    ofMl = await as('of-ml', { accounts: ['team:ml'] });
    ofAlice = await as('of-alice', { accounts: ['user:alice'] });
    fromA = await as('from-a', { sources: ['gateway-a'] });
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  function expectElsewhere(answer: Answer, binding = 'of-ml is bound to team:ml'): void {
    expectProblem(answer, 403, 'forbidden', []);
    expect(answer.body.detail).toContain(binding);
    expect(JSON.stringify(answer.body)).not.toMatch(/ops|alice-|other/);
  }

  it('records spends of its team and no other', async () => {
    expect(await ofMl.record(ML, '1.00')).toMatchObject({ status: 201 });
    for (const scope of [OPS_TEAM, ALICE, { type: 'key', keyId: 'key-7' }]) {
      const refused = await ofMl.record(scope, '1.00', { id: 'never' });
      expectElsewhere(refused);
    }
    const event = await anybody.get('/v1/event?source=test-gateway&id=never');
    expect(event.status).toBe(404);
  });

  it('records the good entries of a batch alone', async () => {
    const batch = [spendEvent(ML, '1.00'), spendEvent(OPS_TEAM, '1.00')];
    const answer = await ofMl.post('/v1/events', batch, 'application/cloudevents-batch+json');
    expect(answer).toMatchObject({
      status: 422,
      body: { results: [{ status: 201 }, { status: 403, problem: { code: 'forbidden' } }] },
    });
  });

  it('records of its source and no other', async () => {
    expect(await fromA.record(ALICE, '1.00', { source: 'gateway-a' })).toMatchObject({
      status: 201,
    });
    const refused = await fromA.record(ALICE, '1.00', { source: 'gateway-b' });
    expectProblem(refused, 403, 'forbidden', []);
    expect(refused.body.detail).toBe('from-a is bound to the sources gateway-a.');
  });

  it('checks, holds and settles within its binding', async () => {
    expect(await ofMl.check(ML)).toMatchObject({ status: 200 });
    expectElsewhere(await ofMl.check(ALICE));
    expectElsewhere(await ofMl.hold(OPS_TEAM, '1.00'));
    const own = await ofMl.hold(ML, '1.00');
    expect(await ofMl.extend(own.body.holdId, { ttlSeconds: 90 })).toMatchObject({ status: 200 });
    expect(await ofMl.settle(own.body.holdId, '0.50')).toMatchObject({ status: 200 });
    const other = (await anybody.hold(OPS_TEAM, '1.00')).body.holdId as string;
    const unknown = 'h_nothing';
    for (const holdId of [other, unknown]) {
      expectElsewhere(await ofMl.settle(holdId, '1.00'));
      expectElsewhere(await ofMl.release(holdId));
      expectElsewhere(await ofMl.extend(holdId, { ttlSeconds: 90 }));
      expectElsewhere(await ofMl.get(`/v1/holds/${holdId}`));
    }
    expect(await anybody.get(`/v1/holds/${other}`)).toMatchObject({ body: { state: 'active' } });
  });

  it('changes budgets of its accounts and no other', async () => {
    expect(await ofMl.setBudget('ml-total', 'team:ml', '100')).toMatchObject({ status: 201 });
    expect(await ofMl.setBudget('ml-all', 'member:ml/*', '10')).toMatchObject({ status: 201 });
    for (const account of ['team:ops', 'user:alice', 'user:*', 'team:*', 'member:ops/bob']) {
      expectElsewhere(await ofMl.setBudget('taken', account, '1'));
    }
    expect(await anybody.setBudget('other', 'team:ops', '7')).toMatchObject({ status: 201 });
    // Under the name of another's budget it would take that away.
    expectElsewhere(await ofMl.setBudget('other', 'team:ml', '1'));
    expectElsewhere(await ofMl.request('PUT', '/v1/budgets/other?dryRun=true', ML_BUDGET));
    for (const budgetId of ['other', 'nothing']) {
      expectElsewhere(await ofMl.request('DELETE', `/v1/budgets/${budgetId}`));
      expectElsewhere(await ofMl.get(`/v1/budgets/${budgetId}`));
      for (const dryRun of ['', '?dryRun=true']) {
        const path = `/v1/budgets/${budgetId}${dryRun}`;
        const ifAny = { 'content-type': 'application/json', 'if-match': '*' };
        expectElsewhere(await ofMl.request('PUT', path, ML_BUDGET, ifAny));
      }
    }
    expect(await anybody.get('/v1/budgets/other')).toMatchObject({ body: { limit: '7.00' } });
    expect(await ofMl.request('DELETE', '/v1/budgets/ml-all')).toMatchObject({ status: 200 });
  });

  it('reads its own accounts and no other', async () => {
    const { id, source } = (await anybody.record(OPS_TEAM, '3.00')).body;
    const reads = (account: string) => [
      `/v1/balances?account=${account}`,
      `/v1/events?account=${account}`,
      `/v1/spend?groupBy=model&account=${account}`,
      `/v1/budgets?account=${account}`,
      `/v1/holds?account=${account}`,
      `/v1/warnings?account=${account}`,
      `/v1/explanations?account=${account}`,
      `/v1/series?account=${account}&step=P1D&from=2026-04-27T00:00:00Z&to=2026-04-28T00:00:00Z`,
    ];
    for (const path of [...reads('team:ml'), ...reads('member:ml/alice')]) {
      expect([path, (await ofMl.get(path)).status]).toEqual([path, 200]);
    }
    for (const path of reads('user:alice')) {
      expect([path, (await ofAlice.get(path)).status]).toEqual([path, 200]);
      expectElsewhere(await ofMl.get(path));
    }
    for (const account of ['team:ops', 'team:ml', 'member:ml/alice', 'user:bob', 'key:key-7']) {
      for (const path of reads(account)) {
        expectElsewhere(await ofAlice.get(path), 'of-alice is bound to user:alice');
      }
    }
    for (const path of [
      '/v1/events',
      '/v1/spend?groupBy=model',
      '/v1/budgets',
      '/v1/holds',
      '/v1/warnings',
      '/v1/statements/2026-04',
      '/v1/months',
      '/v1/projection',
      '/v1/credentials',
    ]) {
      expectElsewhere(await ofMl.get(path));
    }
    for (const event of [`source=${source}&id=${id}`, 'source=x&id=nothing']) {
      expectElsewhere(await ofMl.get(`/v1/event?${event}`));
    }
  });

  it('reads a person, a label and the ledger only where it is bound to them', async () => {
    const paths = (account: string) => [
      `/v1/balances?account=${account}`,
      `/v1/events?account=${account}`,
      `/v1/spend?groupBy=label:org&account=${account}`,
      `/v1/warnings?account=${account}`,
    ];
    const accounts = ['person:alice', 'label:org/acme', 'ledger'];
    const ofMany = ledger.http.as(await keepToken(db.database, 'many', ['audit'], { accounts }));
    for (const path of accounts.flatMap(paths)) {
      expect([path, (await ofMany.get(path)).status]).toEqual([path, 200]);
      expectElsewhere(await ofMl.get(path));
      expectElsewhere(await ofAlice.get(path), 'of-alice is bound to user:alice');
    }
    for (const account of ['person:bob', 'label:org/beta', 'label:project/acme', 'user:alice']) {
      for (const path of paths(account)) {
        expectElsewhere(await ofMany.get(path), 'many is bound to person:alice, label:org/acme');
      }
    }
  });

  it('learns nothing of an event that is recorded under the same id', async () => {
    const event = spendEvent(OPS_TEAM, '3.00', { id: 'same' });
    await anybody.post('/v1/events', event, EVENT);
    const other = await ofMl.record(ML, '1.00', { id: 'same' });
    expect(other).toMatchObject({ status: 409, body: { code: 'event_conflict' } });
    expect(other.body).not.toHaveProperty('onRecord');
    expect(other.body).not.toHaveProperty('recordedHash');
  });

  it('corrects spends of its accounts and no other', async () => {
    const own = (await ofMl.record(ML, '2.00')).body;
    const other = (await anybody.record(OPS_TEAM, '2.00')).body;
    expect(await ofMl.correct(own, { kind: 'reverse' })).toMatchObject({ status: 201 });
    for (const adjusts of [other, { source: 'x', id: 'nothing' }]) {
      expectProblem(await ofMl.correct(adjusts, { kind: 'reverse' }), 403, 'forbidden', []);
    }
  });

  it('needs the role for corrections that they need', async () => {
    const recorder = ledger.http.as(await keepToken(db.database, 'recorder', ['record']));
    const own = (await recorder.record(ALICE, '2.00')).body;
    const correction = correctionEvent(own, { kind: 'reverse' });
    expect(correction['type']).toBe(CORRECTION_TYPE);
    const refused = await recorder.post('/v1/events', correction, EVENT);
    expectProblem(refused, 403, 'forbidden', []);
    expect(refused.body.detail).toBe('recorder lacks the role admin.');
    const admin = ledger.http.as(await keepToken(db.database, 'corrector', ['admin']));
    expect(await admin.post('/v1/events', correction, EVENT)).toMatchObject({ status: 201 });
    expectProblem(await admin.record(ALICE, '1.00'), 403, 'forbidden', []);
  });

  it('is named by the record, and by what reads show', async () => {
    const { id, source, position } = (await ofMl.record(ML, '0.10')).body;
    const at = `minPosition=${encodeURIComponent(position as string)}`;
    const event = `/v1/event?source=${source}&id=${id}&${at}`;
    expect((await ofMl.get(event)).body.caller).toBe('of-ml');
    const { holdId } = (await ofMl.hold(ML, '0.10')).body;
    expect((await ofMl.get(`/v1/holds/${holdId as string}`)).body.caller).toBe('of-ml');
    const hold = await anybody.settle(holdId as string, '0.10');
    expectProblem(hold, 403, 'forbidden', []);
    await ofMl.setBudget('named', 'team:ml', '1000');
    const { rows } = await sql<{ callers: string[] }>`
      select array_agg(distinct headers ->> 'ce_caller') as callers from log_record
      where headers ->> 'ce_source' = 'ledger/budgets' and headers ->> 'ce_id' like 'named/%'`.execute(
      db.database.kysely,
    );
    expect(rows[0]!.callers).toEqual(['of-ml']);
  });
});
