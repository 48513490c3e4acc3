import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PROJECT_FOLDER, waitUntil } from '#libs/testing';
import { EnvoyClient, type Ended, type EnvoySays, type Told } from './support/envoy-client';
import { GatewayLedger } from './support/ledger';

jest.setTimeout(120_000);

const SECRET = `sk-${'a'.repeat(24)}`;
const PLAIN = {
  scope: [{ type: 'user', userId: 'header:x-user' }],
  estimate: { maxTokens: 1000 },
};
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
const BODY = { model: 'gpt-5', max_tokens: 100 };
/** What 10 tokens of input and 5 of output cost, by 1.25 and 10 for a million. */
const USAGE = { input_tokens: 10, output_tokens: 5, model: 'gpt-5' };
const COST = '0.0000625';
const ESTIMATE = ((JSON.stringify(BODY).length * 125 + 100_000) / 1e8).toString();

let folder: string;
let ledger: GatewayLedger;
let envoy: EnvoyClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spend-ledger-gateways-'));
  await write(GATEWAYS);
  const prices = await readFile(resolve(PROJECT_FOLDER, 'docs/gateways/prices.yaml'), 'utf8');
  await writeFile(join(folder, 'prices.yaml'), prices);
  ledger = await GatewayLedger.start({
    GATEWAYS_FILE: join(folder, 'gateways.yaml'),
    PRICES_FILE: join(folder, 'prices.yaml'),
  });
  envoy = new EnvoyClient(`127.0.0.1:${ledger.grpcPort}`);
});
afterAll(async () => {
  envoy.close();
  await ledger.stop();
  await rm(folder, { recursive: true });
});

const write = (file: object) => writeFile(join(folder, 'gateways.yaml'), JSON.stringify(file));
const says = (gateway?: string): EnvoySays => ({ gateway, token: ledger.token });

interface Asked {
  readonly user: string;
  readonly account: string;
  readonly requestId: string;
  readonly told: Told;
}

async function ask(gateway?: string, requestId: string = randomUUID()): Promise<Asked> {
  const user = randomUUID();
  const headers = { 'x-user': user, 'x-request-id': requestId };
  const told = await envoy.ask({ headers, body: BODY }, says(gateway));
  return { user, account: `user:${user}`, requestId, told };
}

const logged = ({ told, requestId }: Asked, ended: Ended = {}): Ended => ({
  left: told.metadata,
  streamId: requestId,
  ...ended,
});

async function log(gateway: string | undefined, ...entries: Ended[]): Promise<void> {
  const stream = envoy.log(says(gateway));
  stream.send(...entries);
  expect(await stream.end()).toBe('OK');
}

async function reported(outcome: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ledger.httpPort}/metrics`, {
    headers: { authorization: `Bearer ${await opsToken()}` },
  });
  const line = new RegExp(`^gateway_reports_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm');
  return Number(line.exec(await response.text())![1]);
}
let ops: Promise<string> | undefined;
const opsToken = () => (ops ??= ledger.keepToken('prometheus', ['ops']));

/** Does it, and waits until so many reports became this. */
async function becomes(outcome: string, work: () => Promise<void>, times = 1): Promise<void> {
  const before = await reported(outcome);
  await work();
  await waitUntil(`${times} reports are ${outcome}`, async () => {
    return (await reported(outcome)) >= before + times;
  });
}

async function eventsOf(account: string) {
  const { body } = await ledger.http.get(`/v1/events?account=${account}`);
  return body.items as {
    id: string;
    source: string;
    time: string;
    data: Record<string, unknown>;
  }[];
}

describe('a call that was held for', () => {
  it('costs what its usage comes to, at the time of its hold, and is one event', async () => {
    const call = await ask();
    const entry = logged(call, { usage: { ...USAGE, cached_tokens: 4 } });
    await becomes('repeated', () => log('plain', entry, entry, entry), 2);
    const cost = ((6 * 125 + 4 * 12.5 + 5 * 1000) / 1e8).toString();
    await ledger.hasSpent(call.account, cost);
    const { 'x-spend-hold-id': id } = call.told.toUpstream;
    const events = await eventsOf(call.account);
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
    const { body: hold } = await ledger.http.get(`/v1/holds/${id}`);
    expect(Date.parse(events[0]!.time)).toBe(Date.parse(hold.createdAt));
  });

  it('keeps its first report, and swallows another one', async () => {
    const call = await ask();
    await becomes('exact', () => log('plain', logged(call, { usage: USAGE })));
    const other = logged(call, { usage: { ...USAGE, output_tokens: 6 } });
    await becomes('ended', () => log('plain', other, logged(call, { isSent: false })), 2);
    await ledger.hasSpent(call.account, COST);
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
    const call = await ask(gateway);
    await becomes(outcome, () => log(gateway, logged(call, ended)));
    await ledger.hasSpent(call.account, outcome === 'estimated' ? ESTIMATE : '0.00');
    const bases = (await eventsOf(call.account)).map(({ data }) => data['basis']);
    expect(bases).toEqual(outcome === 'released' ? [] : [outcome]);
  });

  it('is settled by the entry that says how it ended, not by one before', async () => {
    const call = await ask();
    const early = logged(call, { isSent: false });
    await log(
      'plain',
      { ...early, more: { intermediate_log_entry: true } },
      { ...early, more: { access_log_type: 4 } },
    );
    await becomes('exact', () =>
      log('plain', logged(call, { usage: USAGE, more: { access_log_type: 6 } })),
    );
    await ledger.hasSpent(call.account, COST);
  });

  it('is settled by the rules of its own gateway, whichever log says it', async () => {
    const call = await ask('unknowns');
    await becomes('unknown', () => log('plain', logged(call)));
  });

  it('is settled, though the file has its gateway no more', async () => {
    const { unknowns: _, ...others } = GATEWAYS.gateways;
    const call = await ask('unknowns');
    await write({ ...GATEWAYS, gateways: others });
    ledger.signal('SIGHUP');
    await waitUntil('the gateway is gone', async () => (await ask('unknowns')).told.status === 503);
    await becomes('estimated', () => log('plain', logged(call)));
    await write(GATEWAYS);
    ledger.signal('SIGHUP');
    await waitUntil('the gateway is back', async () => (await ask('unknowns')).told.status === 200);
  });

  it('costs what it did when it was admitted, though the prices have changed meanwhile', async () => {
    const call = await ask();
    const path = join(folder, 'prices.yaml');
    const prices = await readFile(path, 'utf8');
    await writeFile(path, prices.replace('2026-11-30', 'dearer').replace("'10.00'", "'20.00'"));
    ledger.signal('SIGHUP');
    let later = await ask();
    await waitUntil('the prices are in force', async () => {
      later = await ask();
      return JSON.stringify(later.told.metadata).includes('dearer');
    });
    const entries = [logged(call, { usage: USAGE }), logged(later, { usage: USAGE })];
    await becomes('exact', () => log('plain', ...entries), 2);
    await ledger.hasSpent(call.account, COST);
    await ledger.hasSpent(later.account, '0.0001125');
    await writeFile(path, prices);
    ledger.signal('SIGHUP');
    await waitUntil('the old prices are back', async () =>
      JSON.stringify((await ask()).told.metadata).includes('2026-11-30'),
    );
  });

  it('is nobody else’s to settle', async () => {
    const call = await ask();
    const token = await ledger.keepToken('other', ['check', 'record']);
    const stream = envoy.log({ gateway: 'plain', token });
    await becomes('forbidden', async () => {
      stream.send(logged(call, { usage: USAGE }));
      await stream.end();
    });
    expect(await ledger.held(call.account)).toBe(ESTIMATE);
  });
});

describe('a call that was only looked at', () => {
  it('is recorded once, at the time when it was admitted', async () => {
    const call = await ask('check');
    const entry = logged(call, { usage: USAGE });
    await becomes('repeated', () => log('check', entry, entry));
    await becomes('ended', () => log('check', logged(call)));
    await ledger.hasSpent(call.account, COST);
    const { fields } = call.told.metadata;
    const events = await eventsOf(call.account);
    expect(events).toMatchObject([
      { id: fields.call_id.stringValue, source: 'gateway/check', data: { basis: 'exact' } },
    ]);
    expect(Date.parse(events[0]!.time)).toBe(Math.floor(fields.at.numberValue));
  });

  it('is recorded by who may record, and a log that may not is told at its first message', async () => {
    const token = await ledger.keepToken('checker', ['check']);
    const stream = envoy.log({ gateway: 'check', token });
    stream.send();
    expect(await stream.end()).toBe('checker lacks the role record.');
  });
});

describe('a call that was let through while the ledger was away', () => {
  const through = (user: string, ended: Ended = {}): Ended => ({
    headers: { 'x-user': user, 'x-envoy-auth-failure-mode-allowed': 'true' },
    ...ended,
  });

  it('is recorded under Envoy’s name for it: exact, or of unknown cost, once', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const startMs = Date.now() - 60_000;
    const exact = through(one, { usage: USAGE, streamId: 's-1', startMs });
    await becomes('exact', () => log('plain', exact, exact, through(other)));
    await ledger.hasSpent(`user:${one}`, COST);
    expect(await eventsOf(`user:${one}`)).toMatchObject([
      {
        source: 'gateway/plain',
        id: 's-1',
        time: new Date(startMs).toISOString().replace(/\.?0*Z/, 'Z'),
      },
    ]);
    await waitUntil(
      'the other is on record',
      async () => (await eventsOf(`user:${other}`)).length > 0,
    );
    expect(await eventsOf(`user:${other}`)).toMatchObject([{ data: { basis: 'unknown' } }]);
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
    await becomes(outcome, () => log('plain', { ...through(randomUUID()), ...ended }));
    expect(ledger.output).not.toContain(SECRET);
  });

  it('is none because its client says so', async () => {
    const call = await ask();
    const entry = logged(call, { usage: USAGE, headers: through(call.user).headers! });
    await becomes('exact', () => log('plain', entry));
    await ledger.hasSpent(call.account, COST);
    const refused = await envoy.ask({ headers: { 'x-user': call.user }, body: {} }, says());
    const forged = { left: refused.metadata, headers: through(call.user).headers! };
    await becomes('nothing', () => log('plain', { ...forged, usage: USAGE }));
    expect(await eventsOf(call.account)).toHaveLength(1);
  });
});

describe('a hold whose answer Envoy never got', () => {
  const unanswered = ({ requestId }: Asked): Ended => ({
    streamId: requestId,
    isSent: false,
    status: 503,
    details: 'ext_authz_error',
  });

  it('is released by the entry of its call', async () => {
    const call = await ask();
    expect(await ledger.held(call.account)).toBe(ESTIMATE);
    await log('plain', unanswered(call));
    await waitUntil('it is released', async () => (await ledger.held(call.account)) === '0.00');
  });

  it('is another gateway’s, another call’s, or one of two: then it is not released', async () => {
    const twice = randomUUID();
    const [other, before] = [await ask('unknowns'), await ask()];
    const [one, two] = [await ask('plain', twice), await ask('plain', twice)];
    const later = { startMs: Date.now() + 60_000 };
    const last = await ask();
    await log(
      'plain',
      unanswered(other),
      { ...unanswered(before), ...later },
      unanswered(one),
      unanswered(last),
    );
    await waitUntil(
      'the last is released',
      async () => (await ledger.held(last.account)) === '0.00',
    );
    for (const { account } of [other, before, one, two]) {
      expect(await ledger.held(account)).toBe(ESTIMATE);
    }
  });
});

it('a log that stays open is read for as long as it lives, and ended when the ledger stops', async () => {
  const stream = envoy.log(says('plain'));
  for (let n = 0; n < 3; n += 1) {
    const call = await ask();
    stream.send(logged(call, { usage: USAGE }));
    await ledger.hasSpent(call.account, COST);
  }
  const last = await ask();
  stream.send(logged(last, { usage: USAGE }));
  await ledger.end();
  expect(await stream.end()).toBe('OK');
  await ledger.restart();
  await ledger.hasSpent(last.account, COST);
});
