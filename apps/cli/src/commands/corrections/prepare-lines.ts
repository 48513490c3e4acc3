import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import { CommandRefused } from '../../command-refused';
import { COST } from './batch';
import { readLines, type BadLine, type CorrectionLine } from './read-lines';

const AT_ONCE = 1000;
const MOST_TOLD = 20;

const INSERT: PreparedStatement = {
  name: 'prepare-correction-lines',
  text: `
    insert into correction_line (batch_id, line, partition, event_key, adjustment, amount, before)
    select $1::uuid, given.line, spend.partition, spend.event_key, given.adjustment, given.amount::numeric, ${COST}
    from unnest($2::int[], $3::uuid[], $4::text[], $5::text[]) as given (line, event_key, adjustment, amount)
    join event_claim claim on claim.event_key = given.event_key
    cross join lateral (
      select partition, event_key, amount from spend_event
      where partition = claim.partition and event_key = claim.event_key and adjusts_key is null
      limit 1
    ) spend
    order by given.line
    on conflict (batch_id, event_key) do nothing
    returning line`,
};
const KNOWN: PreparedStatement = {
  name: 'find-prepared-lines',
  text: 'select event_key from correction_line where batch_id = $1 and event_key = any($2::uuid[])',
};

/**
 * Puts the lines of a file into a batch.
 * @throws CommandRefused naming the bad lines, all that were found up to twenty: nothing is prepared then
 */
export async function prepareLines(client: Prepared, batchId: string, file: string): Promise<void> {
  const faults: BadLine[] = [];
  let waiting: CorrectionLine[] = [];
  let count = 0;
  const insert = async (): Promise<void> => {
    if (faults.length < MOST_TOLD) faults.push(...(await insertLines(client, batchId, waiting)));
    waiting = [];
  };
  for await (const line of readLines(file)) {
    count++;
    if ('message' in line) faults.push(line);
    else waiting.push(line);
    if (waiting.length === AT_ONCE) await insert();
    if (faults.length >= MOST_TOLD) break;
  }
  if (waiting.length > 0) await insert();
  if (faults.length > 0) throw refusal(faults);
  if (count === 0) throw new CommandRefused('The file has no corrections.');
}

async function insertLines(
  client: Prepared,
  batchId: string,
  lines: readonly CorrectionLine[],
): Promise<BadLine[]> {
  const inserted = await client.prepared<readonly [number]>(INSERT, [
    batchId,
    lines.map(({ line }) => line),
    lines.map(({ eventKey }) => eventKey),
    texts(lines.map(({ adjustment }) => adjustment)),
    texts(lines.map(({ amount }) => amount)),
  ]);
  if (inserted.length === lines.length) return [];
  const done = new Set(inserted.map(([line]) => line));
  const missing = lines.filter(({ line }) => !done.has(line));
  const known = await client.prepared<readonly [string]>(KNOWN, [
    batchId,
    missing.map(({ eventKey }) => eventKey),
  ]);
  const twice = new Set(known.map(([key]) => key));
  return missing.map(({ line, eventKey }) => ({
    line,
    message: twice.has(eventKey)
      ? 'corrects a spend that another line corrects'
      : 'no spend of this source and id is on record',
  }));
}

function refusal(faults: readonly BadLine[]): CommandRefused {
  const sorted = [...faults].sort((a, b) => a.line - b.line).slice(0, MOST_TOLD);
  const lines = sorted.map(({ line, message }) => `  line ${line}: ${message}`);
  return new CommandRefused(`Nothing was prepared:\n${lines.join('\n')}`);
}
