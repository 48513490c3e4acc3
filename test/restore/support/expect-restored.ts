import { ledgerCommand, type HttpLedger } from '#libs/testing';
import {
  ALICE,
  bySpend,
  readBalances,
  type HoldsOfAlice,
  type ToldSince,
} from './life-of-a-ledger';

/** The doors of a ledger; one process may have both. */
export interface Doors {
  readonly ingest: HttpLedger;
  readonly auth: HttpLedger;
}

/** Each event that was acknowledged is there with its content and no other, and counts once. */
export async function expectAllThatWasAcknowledged(
  { ingest, auth }: Doors,
  told: ToldSince,
): Promise<void> {
  const { spends, answers, corrections, balances } = told;
  for (const [n, spend] of spends.entries()) {
    const { recordedAt } = answers[n]!.body as { recordedAt: string };
    const { data, ...event } = spend;
    expect(await ingest.record(data.scope, data.amount, event)).toMatchObject({
      status: 200,
      body: { duplicate: true, recordedAt },
    });
    expect(await ingest.record(data.scope, '1234.5', event)).toMatchObject({
      status: 409,
      body: { code: 'event_conflict' },
    });
  }
  for (const [n, { id, amount }] of corrections.entries()) {
    const again = (to: string) => ingest.correct(spends[n]!, { kind: 'amend', amount: to }, { id });
    expect((await again(amount)).status).toBe(200);
    expect((await again('9.99')).status).toBe(409);
  }
  expect(await readBalances(auth, Object.keys(balances))).toEqual(balances);
  const budget = await auth.get('/v1/budgets/alice-100');
  expect(budget).toMatchObject({ status: 200, body: { limit: '200.00' } });
  expect(budget.headers.get('etag')).toBe('"2"');
}

/** Holds that the backup has as active and that were settled since are settled; what was known to the database alone is as it was. */
export async function expectHoldsAsSettled(
  { ingest, auth }: Doors,
  holds: HoldsOfAlice,
): Promise<void> {
  expect(await auth.settle(holds.settled, '3.00')).toMatchObject({
    status: 200,
    body: { source: 'ledger/holds', eventId: holds.settled, late: false },
  });
  expect(await auth.settle(holds.settled, '2.00')).toMatchObject({
    status: 409,
    body: { code: 'hold_ended', state: 'settled' },
  });
  const again = (amount: string) =>
    ingest.record(ALICE, amount, bySpend(holds), { holdId: holds.spent });
  expect((await again('4.00')).status).toBe(200);
  expect((await again('4.50')).status).toBe(409);
  // The released one is back until it expires; the one that was taken since is gone, and so is what it held.
  const { body } = await auth.balance('user:alice');
  expect(body).toMatchObject({ spentAllTime: '8.00', held: '10.00' });
}

/** Verify finds nothing. */
export function expectVerified(env: Readonly<Record<string, string>>): Promise<void> {
  return expectNoDifferences(env, 'verify');
}

/** The log, read from zero, comes to the same; nor does anything differ once that has taken over. */
export async function expectRebuilt(env: Readonly<Record<string, string>>): Promise<void> {
  await expectNoDifferences(env, 'rebuild', '--swap');
  await expectVerified(env);
}

async function expectNoDifferences(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<void> {
  const { status, stdout, stderr } = await ledgerCommand(env, ...args, '--json');
  expect({ args, status, stdout, stderr: status === 0 ? '' : stderr }).toMatchObject({
    args,
    status: 0,
    stderr: '',
    stdout: expect.stringContaining('"differences":[]') as string,
  });
}
