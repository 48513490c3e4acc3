import { writeEntriesOf, type Value } from '#libs/balances';
import { formatInstant, formatMoney, type Account, type Instant } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import { CommandRefused } from '../../command-refused';
import { COST } from './batch';

/** Which spends are corrected: all that fit. */
export interface Selection {
  readonly account?: Account;
  readonly model?: string;
  readonly source?: string;
  readonly from?: Instant;
  readonly to?: Instant;
}

/** What becomes of each. A factor leaves out those whose cost is unknown: nothing times something is not known. */
export type Change =
  | { readonly kind: 'reverse' }
  | { readonly kind: 'amend'; readonly amountPico: bigint }
  | { readonly kind: 'multiply'; readonly factor: string };

/** Puts the selected spends into a batch, as they cost now. Those that would cost what they cost are left out. */
export async function prepareSelected(
  client: Prepared,
  batchId: string,
  selection: Selection,
  change: Change,
  partitions: number,
): Promise<void> {
  const values: unknown[] = [batchId];
  const value: Value = (given) => `$${values.push(given)}`;
  const text = `
    with prepared as (
      insert into correction_line (batch_id, line, partition, event_key, adjustment, amount, before)
      select $1::uuid, row_number() over (order by time, partition, log_offset), partition, event_key,
             '${change.kind === 'reverse' ? 'reverse' : 'amend'}', amount, before
      from (
        select *, ${amountOf(change, value)} as amount
        from (
          select partition, event_key, time, log_offset, ${COST} as before
          from spend_event spend where adjusts_key is null and ${conditionOf(selection, partitions, value)}
        ) spend
      ) changed
      where coalesce(amount, 0) is distinct from before
        ${change.kind === 'multiply' ? 'and before is not null' : ''}
      returning 1
    ) select count(*) from prepared`;
  const [row] = await client.prepared<readonly [bigint]>({ name: '', text }, values);
  if (row![0] === 0n) {
    throw new CommandRefused('Nothing was prepared: no spend that fits would cost anything else.');
  }
}

function amountOf(change: Change, value: Value): string {
  switch (change.kind) {
    case 'reverse':
      return 'null::numeric';
    case 'amend':
      return `${value(formatMoney(change.amountPico))}::numeric`;
    case 'multiply':
      return `round(before * ${value(change.factor)}::numeric, 12)`;
  }
}

function conditionOf(
  { account, model, source, from, to }: Selection,
  partitions: number,
  value: Value,
): string {
  return [
    ...(account ? [writeEntriesOf(account, partitions, value, { row: 'spend' })] : []),
    ...(model === undefined ? [] : [`model = ${value(model)}`]),
    ...(source === undefined ? [] : [`source = ${value(source)}`]),
    ...(from === undefined ? [] : [`time >= ${value(formatInstant(from))}::timestamptz`]),
    ...(to === undefined ? [] : [`time < ${value(formatInstant(to))}::timestamptz`]),
  ].join(' and ');
}
