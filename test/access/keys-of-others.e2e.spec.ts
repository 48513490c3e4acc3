import { status } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  positionOf,
  spendEvent,
  type GrpcLedger,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from '../e2e/support/expect-problem';
import { callGrpc } from '../e2e/support/grpc-outcome';
import { keepToken } from './support/credentials';

const VICTIM = 'victim-key';
const OPS = { type: 'team', teamId: 'ops', keyId: VICTIM };
const ML = { type: 'team', teamId: 'ml', keyId: VICTIM };
const OWN = { type: 'team', teamId: 'ml', keyId: 'own-key' };

describe('a key with spends of another owner', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let anybody: HttpLedger;
  let ofMl: HttpLedger;
  let ofMlAndKey: HttpLedger;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
    const tokenOf = (name: string, ...accounts: string[]) =>
      keepToken(db.database, name, ['record', 'check', 'admin', 'audit'], { accounts });
    anybody = ledger.http.as(await tokenOf('anybody'));
    const ml = await tokenOf('of-ml', 'team:ml');
    ofMl = ledger.http.as(ml);
    grpc = ledger.grpc().as(ml);
    ofMlAndKey = ledger.http.as(await tokenOf('of-ml-and-key', 'team:ml', `key:${VICTIM}`));
    await anybody.setBudget('victim', `key:${VICTIM}`, '10.00');
    await spend(anybody, OPS);
  });
  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  /** Recorded, and seen by every check after it. */
  async function spend(by: HttpLedger, scope: object, event: object = {}): Promise<void> {
    const recorded = await by.record(scope, '1.00', event);
    expect(recorded.status).toBe(201);
    await anybody.check(scope, { minPosition: positionOf([recorded]) });
  }

  it('is not used up by who is bound to another team, through any door', async () => {
    const refusals = [
      await ofMl.hold(ML, '9.00', { ttlSeconds: 86_400 }),
      await ofMl.check(ML),
      await ofMl.post('/v1/authorize', { scope: ML }),
      await ofMl.record(ML, '9.00'),
    ];
    for (const refused of refusals) {
      expectProblem(refused, 403, 'forbidden', []);
      expect(refused.body.detail).toBe(
        'of-ml is bound to team:ml, and this key has spends of another owner on record: bind the key as well, or leave it out of the scope.',
      );
    }
    const batch = [spendEvent(ML, '9.00'), spendEvent(OWN, '1.00')];
    const answer = await ofMl.post('/v1/events', batch, 'application/cloudevents-batch+json');
    expect(answer).toMatchObject({
      status: 422,
      body: { results: [{ status: 403, problem: { code: 'forbidden' } }, { status: 201 }] },
    });
    const scope = { team: { team_id: 'ml', key_id: VICTIM } };
    const denied = { code: status.PERMISSION_DENIED, reason: 'forbidden' };
    const hold = { scope, amount: '9', ttl_seconds: 60 };
    expect(await callGrpc(grpc, 'BudgetService', 'Hold', hold)).toMatchObject(denied);
    expect(await callGrpc(grpc, 'BudgetService', 'Check', { scope })).toMatchObject(denied);
    const event = { id: 'g', source: 's', time: { seconds: 1_777_284_000 }, scope, amount: '9' };
    expect(await callGrpc(grpc, 'IngestService', 'RecordSpend', { event })).toMatchObject(denied);
    expect((await anybody.balance(`key:${VICTIM}`)).body).toMatchObject({
      spentAllTime: '1.00',
      held: '0.00',
    });
    expect((await anybody.hold(OPS, '9.00')).status).toBe(201);
  });

  it('may be named by who is bound to it as well, and by who is bound to nothing', async () => {
    expect((await ofMlAndKey.check(ML)).status).toBe(200);
    expect((await anybody.check(ML)).status).toBe(200);
    expect((await ofMl.check({ type: 'team', teamId: 'ml' })).status).toBe(200);
  });

  it('is not one with spends of the caller’s own owner, or with none yet', async () => {
    expect((await ofMl.check(OWN)).status).toBe(200);
    await spend(ofMl, OWN);
    expect((await ofMl.hold(OWN, '1.00')).status).toBe(201);
    // With a budget, and never used: that protects from nobody.
    const unused = { ...ML, keyId: 'unused' };
    await anybody.setBudget('unused', 'key:unused', '10.00');
    expect((await ofMl.check(unused)).status).toBe(200);
    await spend(anybody, { ...OPS, keyId: 'unused' });
    expect((await ofMl.check(unused)).status).toBe(403);
  });

  it('is one also where it was the caller’s own before, but what is on record is told again', async () => {
    const shared = { ...ML, keyId: 'shared' };
    await spend(ofMl, shared, { id: 'before' });
    await spend(anybody, { type: 'user', userId: 'bob', keyId: 'shared' });
    expect((await ofMl.record(shared, '1.00', { id: 'after' })).status).toBe(403);
    const again = await ofMl.record(shared, '1.00', { id: 'before' });
    expect(again).toMatchObject({ status: 200, body: { duplicate: true } });
    expect((await ofMl.record(shared, '2.00', { id: 'before' })).status).toBe(403);
  });
});
