import { ANYBODY } from '#libs/access';
import { formatMoney, instantOf, parseBudget, type Scope, type Spend } from '#libs/ledger';
import { dropRebuild, prepareRebuild, verifyLedger } from '#libs/projection';
import {
  openTestLog,
  projectionDifferences,
  projectLog,
  TEST_PARTITIONS,
  TEST_RULES,
} from '#libs/testing';
import { BudgetChanger } from '../../../apps/ingest/src/change-budget';
import { ClaimRestoration } from '../../../apps/ingest/src/claim-restoration';
import { OutboxRelay } from '../../../apps/ingest/src/outbox-relay';
import { RecordingRounds } from '../../../apps/ingest/src/recording-rounds';
import type { RealParts } from '../../holds/support/real-parts';
import { settle, spendFor, take } from '../../holds/support/requests';

export const NOW = '2026-04-27T10:00:00Z';
const ALICE: Scope = { type: 'user', userId: 'alice' };
const CHANGES = 8;
const ONE = 10n ** 12n;

/** Sets a budget, several times at once; records, holds, settles; checks, verifies, rebuilds. @throws where one goes wrong */
export async function useLedger(real: RealParts): Promise<void> {
  const { db } = real;
  expect(await changeTogether(real)).toEqual(Array.from({ length: CHANGES }, () => 'changed'));
  await project(real);
  expect(await real.record(spendOf(3n), 'never')).toMatchObject({ outcome: 'recorded' });
  const [taken] = (await real.flush(0, [take(ALICE, 4n * ONE)]))!;
  expect(taken).toMatchObject({ outcome: 'taken' });
  const { hold } = taken as typeof taken & { outcome: 'taken' };
  await project(real);
  expect(await numbers(real)).toEqual(['10.00', '3.00', '4.00', 'ok']);
  expect(await real.flush(1, [take(ALICE, 4n * ONE)])).toMatchObject([{ outcome: 'refused' }]);
  expect(await real.flush(1, [settle(hold.holdId, 2n * ONE)])).toMatchObject([
    { outcome: 'settled' },
  ]);
  await project(real);
  expect(await numbers(real)).toEqual(['10.00', '5.00', '0.00', 'ok']);
  expect(await projectionDifferences(db.database)).toEqual([]);
  const { differences } = await verifyLedger(
    db.database,
    { ...TEST_RULES, logId: null },
    { most: 10, atOnce: 1, signal: new AbortController().signal },
  );
  expect(differences).toEqual([]);
  await prepareRebuild(db.database, { anew: true });
  await dropRebuild(db.database);
}

/** Of one budget, of which each change is to find the one before. */
async function changeTogether({ db: { database } }: RealParts): Promise<string[]> {
  const limits = { applyWaitMs: 0, maxAttempts: 2 * CHANGES, maxPerAccount: 100 };
  const relay = { wake: () => undefined };
  const claims = new ClaimRestoration(database);
  const rounds = new RecordingRounds({ maxBatch: 100, maxQueue: 1000, recordWaitMs: 30_000 });
  const changer = new BudgetChanger(database, relay, claims, TEST_PARTITIONS, limits, rounds);
  const change = async (limit: string) => {
    const account = { account: 'user:alice', window: { type: 'total' } };
    const budget = parseBudget('b', { ...account, limit });
    if (!budget.ok) throw new Error('not a budget');
    return (await changer.set(budget.value, { caller: ANYBODY, ifMatch: undefined })).outcome;
  };
  const others = Array.from({ length: CHANGES - 1 }, (_, n) => change(`${n + 11}.00`));
  return [...(await Promise.all(others)), await change('10.00')];
}

async function project({ db: { database } }: RealParts): Promise<void> {
  const options = { pollMs: 1, retryMs: 1, maxBatch: 100, onError: () => undefined };
  await new OutboxRelay(database, openTestLog(database), options).relayOnce();
  await projectLog(database);
}

function spendOf(amount: bigint): Spend {
  const { holdId: _, ...spend } = spendFor(ALICE, '', amount * ONE, instantOf(NOW));
  return spend;
}

async function numbers(real: RealParts): Promise<string[]> {
  const { budget, spentPico, heldPico, verdict } = (
    await real.read([{ scope: ALICE, labels: undefined }])
  )[0]![0]!;
  return [...[budget.limitPico!, spentPico, heldPico].map(formatMoney), verdict];
}
