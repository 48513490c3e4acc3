/** @needs python3 */
import { formatMoney, picoOfDecimal } from '#libs/ledger';
import { ledgerCommand } from '#libs/testing';
import type { ImportReport } from '../../apps/cli/src/commands/import-litellm/report';
import { balancesIn } from '../litellm/support/ledger-state';
import { HookedLitellm, type Asked, type RecordedSpend } from './support/hooked-litellm';
import { billed } from './support/models';
import type { SeenAttempt, Wanted } from './support/paid-upstream';

jest.setTimeout(900_000);

const ACCOUNT = 'user:cost';
const AT_ONCE = 8;
const EXACT_PLAIN = 60;

interface Planned {
  readonly model: string;
  readonly wanted: Wanted;
  readonly asked?: Asked;
  /** Leaves after the first part of the answer. */
  readonly leaves?: boolean;
}

let live: HookedLitellm;
let key: string;
beforeAll(async () => {
  live = await HookedLitellm.start({ hasDatabase: true });
  key = await live.makeKey({ user_id: 'cost' });
});
afterAll(() => live.stop());

it('records 200 mixed calls as their upstream bills them, to the last digit', async () => {
  await inParallel(plannedCalls().map((planned) => () => make(planned)));
  await live.untilBalance(ACCOUNT, { held: '0.00' });
  const attempts = live.upstream.attempts.filter(({ outcome }) => outcome === 'answered');
  expect(countBy(attempts)).toEqual({
    paid: 122,
    embedding: 20,
    unpriced: 12,
    free: 14,
    flaky: 14,
  });
  const priced = attempts.filter(({ model }) => model !== 'unpriced');
  await live.until('all of them are on record', async () => {
    const events = await live.events(ACCOUNT);
    return events.length === attempts.length + 10;
  });
  const events = await live.events(ACCOUNT);
  const on = (basis: string) => events.filter(({ data }) => data.basis === basis);
  expect(sumOf(on('exact'))).toBe(formatMoney(priced.reduce((sum, one) => sum + billOf(one), 0n)));
  expect(on('exact')).toHaveLength(priced.length);
  expect(on('unknown')).toHaveLength(attempts.length - priced.length);
  expect(on('estimated')).toHaveLength(10);
  expect(on('estimated').every(({ data }) => picoOfDecimal(data.amount!) > 0n)).toBe(true);
  expect(await live.balance(ACCOUNT)).toMatchObject({ unpriced: 12 });
});

it('takes a zero for an unknown cost where no price of zero is stated', async () => {
  const own = { key: await live.makeKey({ user_id: 'trap' }) };
  const responses = () => live.answer('trapped', {}, { ...own, path: '/v1/responses' });
  await responses();
  await live.untilBalance('user:trap', { spentAllTime: '0.00004', unpriced: 0 });
  await live.answer('trapped', {}, { ...own, path: '/v1/completions' });
  await live.untilBalance('user:trap', { spentAllTime: '0.00008', unpriced: 0 });
  // From here on LiteLLM says that these calls cost 0.
  await responses();
  await live.untilBalance('user:trap', { spentAllTime: '0.00008', unpriced: 1, held: '0.00' });
});

it('knows a call by no id that the client can choose', async () => {
  const own = { key: await live.makeKey({ user_id: 'same' }) };
  for (let n = 0; n < 3; n += 1) {
    const headers = { 'x-litellm-call-id': 'the-same' };
    expect((await live.answer('paid', {}, { ...own, headers })).status).toBe(200);
  }
  await live.untilBalance('user:same', { spentAllTime: '0.0001875', held: '0.00' });
});

it('leaves the import nothing of its own to record', async () => {
  const before = await balancesIn(live.ledger.db.database);
  await live.until('LiteLLM has written all its rows', async () => {
    const [row] = await live.rows<{ count: string }>(
      `select count(*) as count from "LiteLLM_SpendLogs" where spend > 0`,
    );
    const billedAttempts = (await live.events(ACCOUNT)).filter(
      ({ data }) => data.amount !== undefined && picoOfDecimal(data.amount) > 0n,
    );
    return Number(row!.count) >= billedAttempts.length + 5;
  });
  const { status, stdout } = await ledgerCommand(
    { DATABASE_URL: live.ledger.db.url },
    'import-litellm',
    '--from',
    live.database.url,
    '--json',
  );
  const { rows } = JSON.parse(stdout) as ImportReport;
  expect({ status, rows }).toMatchObject({ status: 0, rows: { recorded: 0, refused: 0 } });
  expect(rows.skipped.live).toBeGreaterThan(190);
  expect(await balancesIn(live.ledger.db.database)).toEqual(before);
});

function plannedCalls(): Planned[] {
  const usage = (n: number) => ({ input: 7 + n, output: 3 + 2 * n });
  const many = (count: number, one: (n: number) => Planned) =>
    Array.from({ length: count }, (_, n) => one(n));
  const stream = { body: { stream: true } };
  return [
    ...many(EXACT_PLAIN, (n) => ({ model: 'paid', wanted: usage(n) })),
    ...many(40, (n) => ({ model: 'paid', wanted: usage(n), asked: stream })),
    ...many(20, (n) => ({
      model: 'embedding',
      wanted: { input: 11 + n },
      asked: { path: '/v1/embeddings' },
    })),
    ...many(12, () => ({ model: 'unpriced', wanted: {} })),
    ...many(14, (n) => ({ model: 'free', wanted: usage(n) })),
    ...many(14, (n) => ({
      model: 'flaky',
      wanted: { ...usage(n), id: `retried-${n}`, failures: 1 + (n % 2) },
    })),
    ...many(12, (n) => ({ model: 'broken', wanted: usage(n) })),
    ...many(8, (n) => ({ model: 'flaky', wanted: { id: `failing-${n}`, failures: 100 } })),
    ...many(10, (n) => ({ model: 'paid', wanted: usage(n), asked: { body: { n: 2 } } })),
    ...many(5, () => ({ model: 'paid', wanted: { cutAfter: 2 }, asked: stream })),
    ...many(5, () => ({ model: 'paid', wanted: { waitAfter: 2 }, asked: stream, leaves: true })),
  ];
}

async function make({ model, wanted, asked = {}, leaves }: Planned): Promise<void> {
  if ('cutAfter' in wanted) {
    // The client sees an answer that breaks off.
    await live.answer(model, wanted, { key, ...asked }).catch(() => undefined);
    return;
  }
  if (leaves !== true) {
    const { status } = await live.answer(model, wanted, { key, ...asked });
    expect(status === 200).toBe(wanted.failures !== 100);
    return;
  }
  const left = new AbortController();
  const response = await live.call(model, wanted, { key, ...asked, signal: left.signal });
  await response.body!.getReader().read();
  left.abort();
}

async function inParallel(works: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...works];
  const worker = async () => {
    for (let work = left.shift(); work !== undefined; work = left.shift()) await work();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function countBy(attempts: readonly SeenAttempt[]): Record<string, number> {
  const ofModels = Map.groupBy(attempts, ({ model }) => model);
  return Object.fromEntries([...ofModels].map(([model, of]) => [model, of.length]));
}

/** An embedding has no output. */
function billOf({ model, usage }: SeenAttempt): bigint {
  return billed(model, model === 'embedding' ? { ...usage, output: 0 } : usage);
}

function sumOf(events: readonly RecordedSpend[]): string {
  return formatMoney(events.reduce((sum, { data }) => sum + picoOfDecimal(data.amount!), 0n));
}
