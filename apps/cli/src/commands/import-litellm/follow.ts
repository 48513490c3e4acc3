import { formatInstant, type Instant } from '#libs/ledger';
import { rest } from '#libs/runtime';
import type { Cli } from '../../command';
import type { RowImport } from './import-rows';
import { insist } from './insist';
import type { LitellmDatabase } from './litellm-database';
import type { Cursor } from './read-rows';
import type { SeenRows } from './seen-rows';
import type { Tally } from './tally';
import { instantOfTimestamp } from './timestamp';

export interface FollowParts {
  readonly litellm: LitellmDatabase;
  readonly rows: RowImport;
  readonly tally: Tally;
  readonly seen: SeenRows;
  /** Earliest row that is wanted. */
  readonly since: string;
  readonly pollMs: number;
  /** How far behind the newest start it looks: a long call begins hours before its row is there. */
  readonly lookBackMs: number;
}

/** A sweep may take this share of the time, so that a large log is not read all day. */
const MOST_SHARE = 0.2;
const TELL_MS = 60_000;

/** Goes on with new rows until the user stops it. */
export async function follow(cli: Cli, parts: FollowParts, newest: Cursor): Promise<void> {
  const { rows, tally, seen, pollMs, litellm } = parts;
  let last = newest;
  let toldAt = performance.now();
  let told = { read: tally.read, refused: tally.refused };
  cli.tell('All rows are imported; now the new ones.');
  while (!cli.stopped.aborted) {
    const started = performance.now();
    const now = await insist(cli, () => litellm.now());
    const reached = await rows.sweep(lookBack(last, now, parts), seen);
    if (isLater(reached, last)) last = reached;
    const fresh = tally.read - told.read;
    if (fresh > 0 || performance.now() - toldAt > TELL_MS) {
      cli.tell(
        `${fresh} new rows, ${tally.refused - told.refused} refused; the newest began ${secondsSince(last, now)} s ago.`,
      );
      [toldAt, told] = [performance.now(), { read: tally.read, refused: tally.refused }];
    }
    const tookMs = performance.now() - started;
    await rest(Math.max(pollMs, tookMs / MOST_SHARE - tookMs), cli.stopped);
  }
}

/** From there on every row is looked at again. A start that lies ahead of the clock does not count. */
function lookBack(
  { startTime }: Cursor,
  now: Instant,
  { since, lookBackMs }: Pick<FollowParts, 'since' | 'lookBackMs'>,
): Cursor {
  const newest = instantOfTimestamp(startTime) ?? now;
  const from = (newest < now ? newest : now) - BigInt(lookBackMs) * 1000n;
  const first = instantOfTimestamp(since);
  const isBefore = first !== undefined && first > from;
  return { startTime: formatInstant(isBefore ? first : from), requestId: '' };
}

function isLater(one: Cursor, other: Cursor): boolean {
  const [a, b] = [instantOfTimestamp(one.startTime), instantOfTimestamp(other.startTime)];
  return a !== undefined && (b === undefined || a > b);
}

function secondsSince({ startTime }: Cursor, now: Instant): number {
  const newest = instantOfTimestamp(startTime);
  return newest === undefined || newest > now ? 0 : Number((now - newest) / 1_000_000n);
}
