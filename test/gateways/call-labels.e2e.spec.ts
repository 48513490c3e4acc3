import { randomUUID } from 'node:crypto';
import { BODY, COST, Doors, logged, USAGE } from './support/doors';

const PLAIN = { scope: [{ type: 'user', userId: 'header:x-user' }], estimate: { maxTokens: 1000 } };
const LABELS = { env: 'const:prod', who: 'header:x-user', org: 'header:x-org?' };
const GATEWAYS = {
  version: 1,
  gateways: {
    check: { ...PLAIN, mode: 'check' },
    labelled: { ...PLAIN, labels: LABELS },
    labelledCheck: { ...PLAIN, labels: LABELS, mode: 'check' },
    strictLabels: { ...PLAIN, labels: { org: 'header:x-org' } },
  },
};

let doors: Doors;
beforeAll(async () => {
  doors = await Doors.open(GATEWAYS);
});
afterAll(() => doors.close());

describe('the labels of a call', () => {
  it.each(['labelled', 'labelledCheck'])('are on its record by %s, and count', async (gateway) => {
    const call = await doors.ask(gateway);
    await doors.becomes('exact', () => doors.log(gateway, logged(call, { usage: USAGE })));
    await doors.ledger.hasSpent(`label:who/${call.user}`, COST);
    const labels = { env: 'prod', who: call.user };
    const [event] = await doors.eventsOf(call.account);
    expect(event!.data['labels']).toEqual(labels);
  });

  it('refuse a call by what their budget has left', async () => {
    const user = randomUUID();
    await doors.ledger.setBudget(`label:who/${user}`, '0.00');
    const headers = { 'x-user': user, 'x-request-id': randomUUID() };
    for (const gateway of ['labelled', 'labelledCheck']) {
      const told = await doors.envoy.ask({ headers, body: BODY }, doors.says(gateway));
      expect(told).toMatchObject({ status: 429 });
    }
  });

  it('refuse a call that lacks one', async () => {
    const { told } = await doors.ask('strictLabels');
    expect(told).toMatchObject({ status: 400 });
  });

  it('are those of the headers where the gateway let the call through', async () => {
    const [user, streamId] = [randomUUID(), randomUUID()];
    const headers = {
      'x-user': user,
      'x-org': 'beta',
      'x-envoy-auth-failure-mode-allowed': 'true',
    };
    await doors.becomes('exact', () =>
      doors.log('labelledCheck', { streamId, headers, usage: USAGE }),
    );
    await doors.ledger.hasSpent(`label:who/${user}`, COST);
    const [event] = await doors.eventsOf(`user:${user}`);
    expect(event!.data['labels']).toEqual({ env: 'prod', org: 'beta', who: user });
  });
});

it('what a gateway is bound to is filled in: beside the content of a call that was let through', async () => {
  const [asked, through] = [randomUUID(), randomUUID()];
  const accounts = [`user:${asked}`, `user:${through}`, 'label:org/acme'];
  const token = await doors.ledger.keepToken('bound', ['check', 'record'], { accounts });
  const says = { gateway: 'check', token };
  const streamId = randomUUID();
  const told = await doors.envoy.ask({ headers: { 'x-user': asked }, body: BODY }, says);
  const headers = { 'x-user': through, 'x-envoy-auth-failure-mode-allowed': 'true' };
  await doors.becomes(
    'exact',
    async () => {
      const stream = doors.envoy.log(says);
      stream.send({ left: told.metadata, usage: USAGE }, { streamId, headers, usage: USAGE });
      await stream.end();
    },
    2,
  );
  await doors.ledger.hasSpent('label:org/acme', String(2 * Number(COST)));
  const [one] = await doors.eventsOf(`user:${asked}`);
  expect(one).toMatchObject({ data: { labels: { org: 'acme' } } });
  const [other] = await doors.eventsOf(`user:${through}`);
  expect(other).toMatchObject({ ledgerlabels: '{"org":"acme"}' });
  expect(other!.data).not.toHaveProperty('labels');
});
