import { instantOf, picoOfDecimal, type Adjustment, type Instant } from '#libs/ledger';
import {
  claimedKeys,
  claimIntoOutbox,
  type ClaimedRecord,
  type Prepared,
  type PreparedStatement,
} from '#libs/postgres';
import { adjustmentContentHash, CORRECTIONS_SOURCE, eventKeyOf, writeAdjustment } from '#libs/wire';
import { CommandRefused } from '../../command-refused';
import { COST } from './batch';

const AT_ONCE = 1000;
const MOST_TOLD = 5;

const CHANGED: PreparedStatement = {
  name: 'find-changed-lines',
  text: `
    select line.line from correction_line line join spend_event spend using (partition, event_key)
    where line.batch_id = $1 and ${COST} is distinct from line.before
    order by line.line limit ${MOST_TOLD}`,
};
const PAGE: PreparedStatement = {
  name: 'read-correction-lines',
  text: `
    select line.line, line.partition, spend.source, spend.event_id, line.adjustment, line.amount::text
    from correction_line line join spend_event spend using (partition, event_key)
    where line.batch_id = $1 and line.line > $2
    order by line.line limit ${AT_ONCE}`,
};
type Row = readonly [
  line: number,
  partition: number,
  source: string,
  id: string,
  adjustment: Adjustment['kind'],
  amount: string | null,
];
const FIRST: PreparedStatement = {
  name: 'first-correction-line',
  text: 'select min(line) from correction_line where batch_id = $1',
};
const NOW: PreparedStatement = { name: 'read-now', text: 'select ledger_now()' };

/**
 * Claims the corrections of a batch and leaves them to the ledger's outbox, all or none of them.
 * @throws CommandRefused if the batch was committed before, or a spend costs something else than when it was prepared
 * @returns how many
 */
export async function commitLines(
  client: Prepared,
  batchId: string,
  said: { readonly reason: string; readonly by: string },
): Promise<number> {
  if (await wasCommitted(client, batchId)) {
    throw new CommandRefused(
      'Nothing was committed: the corrections of this batch are on record already. The database was restored from a backup that has it as prepared. Drop it.',
    );
  }
  const changed = await client.prepared<readonly [number]>(CHANGED, [batchId]);
  if (changed.length > 0) {
    throw new CommandRefused(
      `Nothing was committed: spends were corrected since the batch was prepared (lines ${changed.join(', ')} among others). Drop it and prepare it anew.`,
    );
  }
  const [now] = await client.prepared<readonly [string]>(NOW, []);
  const recordedAt = instantOf(now![0]);
  let last = 0;
  let count = 0;
  for (;;) {
    const rows = await client.prepared<Row>(PAGE, [batchId, last]);
    if (rows.length === 0) return count;
    const records = rows.map((row) => recordOf(batchId, row, said, recordedAt));
    await claimIntoOutbox(client, records, now![0]);
    count += rows.length;
    last = rows.at(-1)![0];
  }
}

/** All its lines are claimed or none: the first one tells. */
async function wasCommitted(client: Prepared, batchId: string): Promise<boolean> {
  const [row] = await client.prepared<readonly [number | null]>(FIRST, [batchId]);
  const first = { source: CORRECTIONS_SOURCE, id: idOf(batchId, row?.[0] ?? 0) };
  return (await claimedKeys(client, [eventKeyOf(first)])).size > 0;
}

function idOf(batchId: string, line: number): string {
  return `${batchId}/${line}`;
}

function recordOf(
  batchId: string,
  [line, partition, source, id, kind, amount]: Row,
  { reason, by }: { readonly reason: string; readonly by: string },
  recordedAt: Instant,
): ClaimedRecord {
  const adjustment: Adjustment = {
    source: CORRECTIONS_SOURCE,
    id: idOf(batchId, line),
    time: recordedAt,
    adjusts: { source, id },
    kind,
    ...(amount === null ? {} : { amountPico: picoOfDecimal(amount) }),
    reason,
  };
  const contentHash = adjustmentContentHash(adjustment);
  const record = writeAdjustment(
    { adjustment, extensions: {} },
    { recordedAt, caller: by, contentHash },
  );
  return { eventKey: eventKeyOf(adjustment), partition, contentHash, record };
}
