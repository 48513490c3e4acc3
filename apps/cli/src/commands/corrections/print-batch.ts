import { visibleText } from '#libs/json';
import type { Database } from '#libs/postgres';
import type { Cli, Given } from '../../command';
import { CommandRefused } from '../../command-refused';
import { printTable } from '../../print/table';
import { readDifferences } from './differences';
import { readBatches, type BatchSummary } from './list-batches';

/** A batch, with what it changes of each account. */
export async function printBatch(
  { options }: Given,
  cli: Cli,
  database: Database,
  batchId: string,
): Promise<void> {
  const [batch] = await readBatches(database, { batchId, most: 1 });
  if (!batch) throw new CommandRefused(`There is no batch of corrections "${batchId}".`);
  const differences = await readDifferences(database, batchId);
  if (options['json'] === true) {
    cli.print(JSON.stringify({ ...batch, differences }, undefined, 2));
    return;
  }
  const spends = `${batch.lines} ${batch.lines === 1 ? 'spend' : 'spends'}`;
  cli.print(`Batch ${batch.batchId}, ${batch.state}: ${spends}, "${visibleText(batch.reason)}"`);
  cli.print(visibleText(whoDid(batch)));
  const rows = differences.map(({ account, calls, before, after, difference, completed }) => [
    account,
    String(calls),
    before,
    after,
    difference,
    completed === 0 ? '' : `${completed} of unknown cost`,
  ]);
  const header = ['account', 'calls', 'before', 'after', 'difference', ''];
  cli.print(printTable(header, rows, new Set([1, 2, 3, 4])));
}

function whoDid({ state, preparedBy, preparedAt, endedBy, endedAt }: BatchSummary): string {
  const prepared = `prepared by ${preparedBy} at ${preparedAt}`;
  return endedBy === null ? prepared : `${prepared}, ${state} by ${endedBy} at ${endedAt}`;
}

export function printBatches({ options }: Given, cli: Cli, batches: readonly BatchSummary[]): void {
  if (options['json'] === true) {
    cli.print(JSON.stringify({ items: batches }, undefined, 2));
    return;
  }
  const rows = batches.map(({ batchId, state, lines, preparedBy, preparedAt, reason }) => [
    ...[batchId, state, String(lines), preparedBy, preparedAt, reason],
  ]);
  cli.print(printTable(['batch', 'state', 'spends', 'by', 'prepared', 'reason'], rows));
}
