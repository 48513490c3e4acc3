import type { Ended } from './support/envoy-client';
import { COST, Doors, ESTIMATE, logged, USAGE } from './support/doors';

const PLAIN = { scope: [{ type: 'user', userId: 'header:x-user' }], estimate: { maxTokens: 1000 } };
const GATEWAYS = {
  version: 1,
  default: 'plain',
  gateways: {
    plain: PLAIN,
    unknowns: { ...PLAIN, onInterrupted: 'unknown', onMissingUsage: 'unknown' },
    strict: {
      ...PLAIN,
      onUpstreamError: 'settle',
      onInterrupted: 'release',
      onMissingUsage: 'release',
    },
    check: { ...PLAIN, mode: 'check' },
  },
};

let doors: Doors;
beforeAll(async () => {
  doors = await Doors.open(GATEWAYS);
});
afterAll(() => doors.close());

describe('a call that was held for', () => {
  it('costs what its usage comes to, at the time of its hold, and is one event', async () => {
    const call = await doors.ask();
    const entry = logged(call, { usage: { ...USAGE, cached_tokens: 4 } });
    await doors.becomes('repeated', () => doors.log('plain', entry, entry, entry), 2);
    const cost = ((6 * 125 + 4 * 12.5 + 5 * 1000) / 1e8).toString();
    await doors.ledger.hasSpent(call.account, cost);
    const { 'x-spend-hold-id': id } = call.told.toUpstream;
    const events = await doors.eventsOf(call.account);
    expect(events).toMatchObject([
      {
        id,
        source: 'ledger/holds',
        data: {
          amount: cost,
          basis: 'exact',
          model: 'gpt-5',
          requestId: call.requestId,
          metadata: {
            gateway: 'plain',
            status: 200,
            why: 'usage',
            prices: '2026-11-30',
            usage: { input: 10, output: 5, cachedInput: 4 },
          },
        },
      },
    ]);
    const { body: hold } = await doors.ledger.http.get(`/v1/holds/${id}`);
    expect(Date.parse(events[0]!.time)).toBe(Date.parse(hold.createdAt));
  });

  it('keeps its first report, and swallows another one', async () => {
    const call = await doors.ask();
    await doors.becomes('exact', () => doors.log('plain', logged(call, { usage: USAGE })));
    const other = logged(call, { usage: { ...USAGE, output_tokens: 6 } });
    await doors.becomes(
      'ended',
      () => doors.log('plain', other, logged(call, { isSent: false })),
      2,
    );
    await doors.ledger.hasSpent(call.account, COST);
  });

  it.each<[string, string, Ended, 'released' | 'estimated' | 'unknown']>([
    ['no byte reached the upstream', 'plain', { isSent: false, status: 503 }, 'released'],
    ['the upstream failed', 'plain', { status: 500 }, 'released'],
    ['the upstream failed', 'strict', { status: 500 }, 'estimated'],
    [
      'Envoy refused the answer',
      'plain',
      { status: 500, details: 'response_payload_too_large' },
      'estimated',
    ],
    [
      'its client left',
      'plain',
      { flags: { downstream_connection_termination: true } },
      'estimated',
    ],
    [
      'its client left',
      'unknowns',
      { status: 0, details: 'downstream_remote_disconnect' },
      'unknown',
    ],
    [
      'its client left',
      'strict',
      { flags: { downstream_connection_termination: true } },
      'released',
    ],
    [
      'the upstream broke',
      'plain',
      { flags: { upstream_connection_termination: true } },
      'estimated',
    ],
    ['it timed out', 'unknowns', { status: 504, details: 'upstream_response_timeout' }, 'unknown'],
    ['its answer says no usage', 'plain', {}, 'estimated'],
    ['its answer says no usage', 'unknowns', {}, 'unknown'],
    ['its answer says no usage', 'strict', {}, 'released'],
    [
      'its answer names a model without a price',
      'plain',
      { usage: { ...USAGE, model: 'new' } },
      'unknown',
    ],
    ['its usage is negative', 'plain', { usage: { ...USAGE, input_tokens: -1 } }, 'unknown'],
    [
      'its usage has parts above the whole',
      'plain',
      { usage: { ...USAGE, cached_tokens: 11 } },
      'unknown',
    ],
  ])('where %s, by %s: %p, is %s', async (_, gateway, ended, outcome) => {
    const call = await doors.ask(gateway);
    await doors.becomes(outcome, () => doors.log(gateway, logged(call, ended)));
    await doors.ledger.hasSpent(call.account, outcome === 'estimated' ? ESTIMATE : '0.00');
    const bases = (await doors.eventsOf(call.account)).map(({ data }) => data['basis']);
    expect(bases).toEqual(outcome === 'released' ? [] : [outcome]);
  });

  it('is settled by the entry that says how it ended, not by one before', async () => {
    const call = await doors.ask();
    const early = logged(call, { isSent: false });
    await doors.log(
      'plain',
      { ...early, more: { intermediate_log_entry: true } },
      { ...early, more: { access_log_type: 4 } },
    );
    await doors.becomes('exact', () =>
      doors.log('plain', logged(call, { usage: USAGE, more: { access_log_type: 6 } })),
    );
    await doors.ledger.hasSpent(call.account, COST);
  });

  it('is settled by the rules of its own gateway, whichever log says it', async () => {
    const call = await doors.ask('unknowns');
    await doors.becomes('unknown', () => doors.log('plain', logged(call)));
  });

  it('is nobody else’s to settle', async () => {
    const call = await doors.ask();
    const token = await doors.ledger.keepToken('other', ['check', 'record']);
    const stream = doors.envoy.log({ gateway: 'plain', token });
    await doors.becomes('forbidden', async () => {
      stream.send(logged(call, { usage: USAGE }));
      await stream.end();
    });
    expect(await doors.ledger.held(call.account)).toBe(ESTIMATE);
  });
});

describe('a call that was only looked at', () => {
  it('is recorded once, at the time when it was admitted', async () => {
    const call = await doors.ask('check');
    const entry = logged(call, { usage: USAGE });
    await doors.becomes('repeated', () => doors.log('check', entry, entry));
    await doors.becomes('ended', () => doors.log('check', logged(call)));
    await doors.ledger.hasSpent(call.account, COST);
    const { fields } = call.told.metadata;
    const events = await doors.eventsOf(call.account);
    expect(events).toMatchObject([
      { id: fields.call_id.stringValue, source: 'gateway/check', data: { basis: 'exact' } },
    ]);
    expect(Date.parse(events[0]!.time)).toBe(Math.floor(fields.at.numberValue));
  });

  it('is recorded by who may record, and a log that may not is told at its first message', async () => {
    const token = await doors.ledger.keepToken('checker', ['check']);
    const stream = doors.envoy.log({ gateway: 'check', token });
    stream.send();
    expect(await stream.end()).toBe('checker lacks the role record.');
  });
});

it('a log that stays open is read for as long as it lives, and ended when the ledger stops', async () => {
  const stream = doors.envoy.log(doors.says('plain'));
  for (let n = 0; n < 3; n += 1) {
    const call = await doors.ask();
    stream.send(logged(call, { usage: USAGE }));
    await doors.ledger.hasSpent(call.account, COST);
  }
  const last = await doors.ask();
  stream.send(logged(last, { usage: USAGE }));
  await doors.ledger.end();
  expect(await stream.end()).toBe('OK');
  await doors.ledger.restart();
  await doors.ledger.hasSpent(last.account, COST);
});
