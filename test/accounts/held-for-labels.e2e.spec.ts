import { waitUntil } from '#libs/testing';
import { JudgedLedger, team, user } from './support/judged-ledger';

describe('money is held', () => {
  let ledger: JudgedLedger;

  beforeAll(async () => {
    ledger = await JudgedLedger.start();
  });
  afterAll(() => ledger.stop());

  it('on the labels of a call, and settle it there', async () => {
    const labels = { job: 'a' };
    const { status, body } = await ledger.http.hold(team('holding'), '5', { labels });
    expect([status, body.decision.labels]).toEqual([201, labels]);
    expect(await ledger.held('label:job/a')).toBe('5.00');
    await ledger.budget('job-a', 'label:job/a', '6');
    const refused = await ledger.http.hold(team('other'), '2', { labels });
    expect(refused.status).toBe(429);
    const { decisionId } = refused.body.decision;
    expect(await ledger.explain(decisionId as string)).toMatchObject({
      agrees: true,
      labels,
      budgets: [{ account: 'label:job/a', held: { decided: '5.00', derived: '5.00' } }],
    });
    expect((await ledger.http.hold(team('other'), '1', { labels })).status).toBe(201);
    const settled = await ledger.http.settle(body.holdId, '4');
    expect(settled.status).toBe(200);
    const { source, eventId } = settled.body;
    await waitUntil('the settle is projected', async () => {
      return (await ledger.http.balance('label:job/a')).body.spentAllTime === '4.00';
    });
    expect(await ledger.held('label:job/a')).toBe('1.00');
    const event = await ledger.http.get(`/v1/event?source=${source}&id=${eventId}`);
    expect(event.body.data.labels).toEqual(labels);
  });

  it('once, and shown with its labels, where its request is repeated', async () => {
    const labels = { job: 'repeated' };
    const take = () =>
      ledger.http.hold(team('holding'), '1', { labels }, { 'idempotency-key': 'hold-1' });
    const [first, again] = [await take(), await take()];
    expect(again).toMatchObject({
      status: 201,
      body: { holdId: first.body.holdId, decision: { labels } },
    });
    expect(await ledger.held('label:job/repeated')).toBe('1.00');
  });

  it('that a spend settles with labels of its own, and not with others', async () => {
    const { body } = await ledger.http.hold(team('holding'), '5', { labels: { job: 'b' } });
    const naming = { holdId: body.holdId };
    const other = await ledger.spend(team('holding'), '3', { ...naming, labels: { job: 'c' } });
    expect(await ledger.spent('label:job/c', other)).toBe('3.00');
    expect(await ledger.held('label:job/b')).toBe('5.00');
    const at = await ledger.spend(team('holding'), '4', { ...naming, labels: { session: 's' } });
    expect(await ledger.spent('label:job/b', at)).toBe('4.00');
    expect(await ledger.spent('label:session/s', at)).toBe('4.00');
    expect([await ledger.held('label:job/b'), await ledger.held('label:session/s')]).toEqual([
      '0.00',
      '0.00',
    ]);
  });

  it('of a person over her teams, also from before her budget', async () => {
    await ledger.http.hold(team('one', 'heidi'), '3');
    await ledger.http.hold(team('two', 'heidi'), '3');
    await ledger.budget('heidi-all', 'person:heidi', '10');
    const { body } = await ledger.http.check(user('heidi'));
    expect(body.budgets).toMatchObject([{ account: 'person:heidi', held: '6.00' }]);
    expect((await ledger.http.hold(user('heidi'), '5')).status).toBe(429);
    expect((await ledger.http.hold(user('heidi'), '4')).status).toBe(201);
  });
});
