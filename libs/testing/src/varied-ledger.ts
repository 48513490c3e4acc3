import type { Answer, HttpLedger } from './http-ledger';
import { positionOf, recordUntilAcknowledged } from './record-until-acknowledged';
import { randomSpends } from './spend-workload';
import { waitUntil } from './wait-until';

/** The accounts whose budgets have windows. */
const BUDGETS = {
  'user-month': ['user:*', { type: 'calendar', unit: 'month', zone: 'Europe/Berlin' }],
  'team-0-days': [
    'team:team-0',
    { type: 'every', duration: 'P7D', anchor: '2026-04-01T00:00:00Z' },
  ],
  'key-day': ['key:*', { type: 'calendar', unit: 'day', zone: 'Asia/Kathmandu' }],
  'key-0-total': ['key:key-0', { type: 'total' }],
} as const;

/**
 * Fills a ledger through its doors with some of all that it can hold: spends of every scope at many times, budgets and
 * their revisions, calls of unknown cost, corrections, holds that are held, settled and released, and an event twice.
 * @returns the position of all of it
 */
export async function fillVaried(ledger: HttpLedger, seed: number, count = 60): Promise<string> {
  const answers: Answer[] = [];
  const keep = async (asked: Promise<Answer>) => {
    const answer = await asked;
    if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
    answers.push(answer);
    return answer;
  };
  for (const [budgetId, [account, window]] of Object.entries(BUDGETS)) {
    await keep(ledger.setBudget(budgetId, account, '1000000.00', { window }));
  }
  const spends = randomSpends(count, seed).map((spend, n) => ({ ...spend, time: timeOf(n) }));
  for (const spend of spends) answers.push(await recordUntilAcknowledged(spend, () => ledger));
  answers.push(await recordUntilAcknowledged(spends[0]!, () => ledger));
  await keep(
    ledger.setBudget('user-month', 'user:*', '2000000.00', { window: BUDGETS['user-month'][1] }),
  );
  await keep(ledger.request('DELETE', '/v1/budgets/key-0-total'));

  const unpriced = await keep(
    ledger.record({ type: 'user', userId: 'user-0' }, undefined, {}, { basis: 'unknown' }),
  );
  await keep(
    ledger.record({ type: 'user', userId: 'user-1' }, undefined, {}, { basis: 'unknown' }),
  );
  await untilVisible(ledger, positionOf(answers));
  // Of one that cost nothing, taking it back changes no sum.
  const costly = spends.filter(({ data }) => data.amount !== '0.00');
  const corrected = [costly[1]!, costly[2]!, costly[1]!];
  for (const [n, { source, id }] of corrected.entries()) {
    const change = n === 1 ? { kind: 'reverse' } : { kind: 'amend', amount: `${n + 1}.25` };
    await keep(ledger.correct({ source, id }, { ...change, reason: 'a wrong price' }));
  }
  const { source, id } = unpriced.body as { source: string; id: string };
  await keep(
    ledger.correct({ source, id }, { kind: 'amend', amount: '0.5', reason: 'the invoice' }),
  );
  await useHolds(ledger, keep);
  return positionOf(answers.filter(({ body }) => body.position !== undefined));
}

async function useHolds(
  ledger: HttpLedger,
  keep: (asked: Promise<Answer>) => Promise<Answer>,
): Promise<void> {
  const scope = { type: 'team', teamId: 'team-0', userId: 'user-0', keyId: 'key-0' };
  const holds = [];
  for (const amount of ['1.00', '2.00', '3.00']) {
    holds.push(
      (await keep(ledger.hold(scope, amount, { ttlSeconds: 3600 }))).body.holdId as string,
    );
  }
  await keep(ledger.settle(holds[0]!, '0.75'));
  await keep(ledger.release(holds[1]!));
  await waitUntil('the settled hold is spent', async () => {
    const { body } = await ledger.balance('member:team-0/user-0');
    return body.held === '3.00';
  });
}

async function untilVisible(ledger: HttpLedger, position: string): Promise<void> {
  await waitUntil(
    'all is projected',
    async () => (await ledger.balance('user:user-0', position)).status === 200,
  );
}

/** Days, quarters of an hour and what lies between, before and after the windows' bounds. */
function timeOf(n: number): string {
  const start = Date.parse('2026-03-30T21:59:00Z');
  return new Date(start + n * 5_437_000).toISOString();
}
