import fc, { type Arbitrary } from 'fast-check';
import { formatMoney, instantOf, type Instant, type Labels, type Scope } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import type { HoldEffect } from '#libs/wire';
import { holdOutcomes } from './arbitraries';
import { logRecords, spendRecord } from './log-records';
import { projectBatch } from './project-log';

const RECORDED_AT = instantOf('2026-04-27T10:00:00Z');
/** In one quarter of an hour, in the next one, and in another month. */
const TIMES = ['2026-04-27T10:00:00Z', '2026-04-27T10:15:00Z', '2026-03-31T23:59:59.999999Z'].map(
  instantOf,
);

/** A spend, as far as the sums are concerned. */
export interface HistoryEvent {
  readonly scope: Scope;
  /** None: of unknown cost. */
  readonly amount: string | undefined;
  readonly recordedAt: Instant;
  readonly holdOutcome: HoldEffect | undefined;
  readonly labels: Labels | undefined;
  /** When the money was spent; it may be recorded long after. */
  readonly time: Instant;
}

/** Spends, the log that tells of them, and how a projection comes to read it. */
export interface History {
  readonly events: readonly HistoryEvent[];
  /** Which event each record of the log is of: an event may come often. */
  readonly log: readonly number[];
  readonly batchSizes: readonly number[];
  readonly turns: readonly number[];
}

/** Few ids, the same for every kind: accounts meet often, and one that is taken for another kind's shows. */
const id = fc.constantFrom('a', 'b', 'a/b', '%2F');
const scopes: Arbitrary<Scope> = fc.oneof(
  fc.record({ type: fc.constant('key' as const), keyId: id }),
  fc.record(
    { type: fc.constant('user' as const), userId: id, keyId: id },
    { requiredKeys: ['type', 'userId'] },
  ),
  fc.record(
    { type: fc.constant('team' as const), teamId: id, userId: id, keyId: id },
    { requiredKeys: ['type', 'teamId'] },
  ),
);
const orNone = { nil: undefined };
/** Of few names; a value may look like an account, or like what one writes for it. */
const labels: Arbitrary<Labels | undefined> = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom('org', 'project', 'a'), fc.constantFrom('a', 'a/b', '%2F', '*', 'A')),
    { maxLength: 3, selector: ([name]) => name },
  )
  .map((pairs) => (pairs.length === 0 ? undefined : new Map(pairs.sort())));
const events: Arbitrary<HistoryEvent> = fc.record({
  scope: scopes,
  amount: fc.option(fc.bigInt({ min: 0n, max: 10n ** 27n - 1n }).map(formatMoney), orNone),
  /** Few instants: the clock of ingest may stand still or go back. */
  recordedAt: fc.bigInt({ min: 0n, max: 3n }).map((micros) => RECORDED_AT + micros),
  holdOutcome: fc.option(fc.oneof(fc.constant('settled' as const), holdOutcomes), orNone),
  labels,
  time: fc.constantFrom(...TIMES),
});

export const histories: Arbitrary<History> = fc
  .record({
    events: fc.array(events, { minLength: 1, maxLength: 12 }),
    choices: fc.array(fc.nat(), { maxLength: 40 }),
    batchSizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1 }),
    turns: fc.array(fc.nat(), { minLength: 1 }),
  })
  .map(({ choices, ...history }) => ({
    ...history,
    log: choices.map((choice) => choice % history.events.length),
  }));

/** The events that the log of a history tells of, each once. */
export function distinctEvents({ events, log }: History): HistoryEvent[] {
  return [...new Set(log)].map((index) => events[index]!);
}

/** One record of each event of a history. */
export function recordsOfEvents({ events }: History): NewRecord[] {
  return events.map(({ scope, amount, recordedAt, holdOutcome, labels, time }) =>
    spendRecord(scope, amount, {
      recordedAt,
      time,
      ...(labels && { labels }),
      ...(holdOutcome === undefined ? {} : { holdOutcome }),
    }),
  );
}

/**
 * Cuts each partition's records into batches and applies them partition by partition, as the turns have it.
 * @param records one of each event
 */
export async function projectHistory(
  database: Database,
  { log, batchSizes, turns }: History,
  records: readonly NewRecord[],
  { restoreClaims = false } = {},
): Promise<void> {
  const chosen = log.map((index) => records[index]!);
  const waiting = [...Map.groupBy(chosen, ({ partition }) => partition).values()].map((all) =>
    logRecords(all),
  );
  for (let turn = 0; waiting.length > 0; turn++) {
    const next = turns[turn % turns.length]! % waiting.length;
    const batch = waiting[next]!.splice(0, batchSizes[turn % batchSizes.length]);
    const outcome = await projectBatch(database, batch, undefined, restoreClaims);
    if (outcome !== 'applied') throw new Error(`a batch was ${outcome}`);
    if (waiting[next]!.length === 0) waiting.splice(next, 1);
  }
}
