import { randomUUID } from 'node:crypto';
import { waitUntil } from '#libs/testing';
import { COST, Doors, ESTIMATE, logged, SECRET, USAGE, type AskedCall } from './support/doors';
import type { Ended } from './support/envoy-client';

const PLAIN = { scope: [{ type: 'user', userId: 'header:x-user' }], estimate: { maxTokens: 1000 } };
const GATEWAYS = { version: 1, gateways: { plain: PLAIN, other: PLAIN } };

let doors: Doors;
beforeAll(async () => {
  doors = await Doors.open(GATEWAYS);
});
afterAll(() => doors.close());

describe('a call that was let through while the ledger was away', () => {
  const through = (user: string, ended: Ended = {}): Ended => ({
    headers: { 'x-user': user, 'x-envoy-auth-failure-mode-allowed': 'true' },
    ...ended,
  });

  it('is recorded under Envoy’s name for it: exact, or of unknown cost, once', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const startMs = Date.now() - 60_000;
    const exact = through(one, { usage: USAGE, streamId: 's-1', startMs });
    await doors.becomes('exact', () => doors.log('plain', exact, exact, through(other)));
    await doors.ledger.hasSpent(`user:${one}`, COST);
    expect(await doors.eventsOf(`user:${one}`)).toMatchObject([
      {
        source: 'gateway/plain',
        id: 's-1',
        time: new Date(startMs).toISOString().replace(/\.?0*Z/, 'Z'),
      },
    ]);
    await waitUntil(
      'the other is on record',
      async () => (await doors.eventsOf(`user:${other}`)).length > 0,
    );
    expect(await doors.eventsOf(`user:${other}`)).toMatchObject([{ data: { basis: 'unknown' } }]);
  });

  it.each<[string, Ended, string]>([
    ['it never reached its upstream', { isSent: false }, 'nothing'],
    ['the upstream failed', { status: 500 }, 'nothing'],
    [
      'nobody knows whose it was',
      { headers: { 'x-envoy-auth-failure-mode-allowed': 'true' } },
      'scope_unknown',
    ],
    [
      'its id is a secret',
      { headers: { 'x-user': SECRET, 'x-envoy-auth-failure-mode-allowed': 'true' } },
      'invalid',
    ],
  ])('is not recorded where %s', async (_, ended, outcome) => {
    await doors.becomes(outcome, () => doors.log('plain', { ...through(randomUUID()), ...ended }));
    expect(doors.ledger.output).not.toContain(SECRET);
  });

  it('is none because its client says so', async () => {
    const call = await doors.ask('plain');
    const entry = logged(call, { usage: USAGE, headers: through(call.user).headers! });
    await doors.becomes('exact', () => doors.log('plain', entry));
    await doors.ledger.hasSpent(call.account, COST);
    const refused = await doors.envoy.ask(
      { headers: { 'x-user': call.user }, body: {} },
      doors.says('plain'),
    );
    const forged = { left: refused.metadata, headers: through(call.user).headers! };
    await doors.becomes('nothing', () => doors.log('plain', { ...forged, usage: USAGE }));
    expect(await doors.eventsOf(call.account)).toHaveLength(1);
  });
});

describe('a hold whose answer Envoy never got', () => {
  const unanswered = ({ requestId }: AskedCall): Ended => ({
    streamId: requestId,
    isSent: false,
    status: 503,
    details: 'ext_authz_error',
  });

  it('is released by the entry of its call', async () => {
    const call = await doors.ask('plain');
    expect(await doors.ledger.held(call.account)).toBe(ESTIMATE);
    await doors.log('plain', unanswered(call));
    await waitUntil(
      'it is released',
      async () => (await doors.ledger.held(call.account)) === '0.00',
    );
  });

  it('is another gateway’s, another call’s, or one of two: then it is not released', async () => {
    const twice = randomUUID();
    const [other, before] = [await doors.ask('other'), await doors.ask('plain')];
    const [one, two] = [await doors.ask('plain', twice), await doors.ask('plain', twice)];
    const later = { startMs: Date.now() + 60_000 };
    const last = await doors.ask('plain');
    await doors.log(
      'plain',
      unanswered(other),
      { ...unanswered(before), ...later },
      unanswered(one),
      unanswered(last),
    );
    await waitUntil(
      'the last is released',
      async () => (await doors.ledger.held(last.account)) === '0.00',
    );
    for (const { account } of [other, before, one, two]) {
      expect(await doors.ledger.held(account)).toBe(ESTIMATE);
    }
  });
});
