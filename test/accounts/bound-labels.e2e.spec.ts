import { expectProblem } from '../e2e/support/expect-problem';
import { JudgedLedger, team, user } from './support/judged-ledger';

describe('a caller that is bound', () => {
  let ledger: JudgedLedger;

  beforeAll(async () => {
    ledger = await JudgedLedger.start();
  });
  afterAll(() => ledger.stop());

  it('to one value of a label: it is filled in', async () => {
    const caller = await ledger.as('of-acme', 'team:bound', 'label:brand/acme');
    expect((await caller.check(team('bound'))).body.labels).toEqual({ brand: 'acme' });
    const said = { labels: { brand: 'acme' } };
    expect((await caller.check(team('bound'), said)).body.labels).toEqual({ brand: 'acme' });
    for (const labels of [{ brand: 'beta' }, { project: 'x' }]) {
      expectProblem(await caller.check(team('bound'), { labels }), 403, 'forbidden', []);
    }
    expectProblem(await caller.balance('label:brand/beta'), 403, 'forbidden', []);
    expect((await caller.balance('label:brand/acme')).status).toBe(200);
  });

  it('to one value of a label: what it records has it, also when another sends it again', async () => {
    const acme = await ledger.as('records-acme', 'team:bound', 'label:shop/acme');
    const beta = await ledger.as('records-beta', 'team:bound', 'label:shop/beta');
    const event = { source: 'till', id: 'sale-1' };
    const first = await acme.record(team('bound'), '2', event);
    expect(first.status).toBe(201);
    expect(await ledger.spent('label:shop/acme', first.body.position)).toBe('2.00');
    const again = await beta.record(team('bound'), '2', event);
    expect(again).toMatchObject({ status: 200, body: { duplicate: true } });
    expect(await ledger.spent('label:shop/beta', first.body.position)).toBe('0.00');
    const { body } = await ledger.http.get('/v1/event?source=till&id=sale-1');
    expect(body.ledgerlabels).toBe('{"shop":"acme"}');
    expect(body.data).not.toHaveProperty('labels');
    const refused = await acme.record(team('bound'), '2', {}, { labels: { shop: 'beta' } });
    expectProblem(refused, 403, 'forbidden', []);
  });

  it('to two values of a label: the call says one of them', async () => {
    const caller = await ledger.as('of-both', 'team:bound', 'label:brand/acme', 'label:brand/beta');
    expectProblem(await caller.check(team('bound')), 403, 'forbidden', []);
    const asked = await caller.check(team('bound'), { labels: { brand: 'beta' } });
    expect(asked.body.labels).toEqual({ brand: 'beta' });
  });

  it('to a label as such: the call may say any value, or none', async () => {
    const caller = await ledger.as('of-any', 'team:bound', 'label:brand/*');
    expect((await caller.check(team('bound'))).body).not.toHaveProperty('labels');
    const asked = await caller.check(team('bound'), { labels: { brand: 'gamma' } });
    expect(asked.body.labels).toEqual({ brand: 'gamma' });
  });

  it('to a team alone: the call says no label', async () => {
    const caller = await ledger.as('of-team', 'team:bound');
    const asked = await caller.check(team('bound'), { labels: { brand: 'acme' } });
    expectProblem(asked, 403, 'forbidden', []);
  });

  it.each(['label:brand/acme', 'person:alice', 'ledger'])(
    'to %s alone: to no scope',
    async (to) => {
      const caller = await ledger.as(`of-${to}`, to);
      expectProblem(await caller.check(user('alice')), 403, 'forbidden', []);
    },
  );
});
