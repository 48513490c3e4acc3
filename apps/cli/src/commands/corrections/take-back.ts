import type { Prepared, PreparedStatement } from '#libs/postgres';
import { CommandRefused } from '../../command-refused';
import { COST } from './batch';

/**
 * A spend costs again what it cost before the batch, unless somebody has corrected it since. What was unknown before
 * cannot become unknown again.
 */
const TAKE_BACK: PreparedStatement = {
  name: 'prepare-take-back',
  text: `
    with committed as (
      select line.*, ${COST} is not distinct from coalesce(line.amount, 0) as still_costs_it
      from correction_line line join spend_event spend using (partition, event_key)
      where line.batch_id = $2::uuid
    ), prepared as (
      insert into correction_line (batch_id, line, partition, event_key, adjustment, amount, before)
      select $1::uuid, line, partition, event_key, 'amend', before, coalesce(amount, 0)
      from committed where before is not null and still_costs_it
      returning 1
    )
    select (select count(*) from prepared), count(*) filter (where before is null),
           count(*) filter (where before is not null and not still_costs_it)
    from committed`,
};

export interface LeftOut {
  readonly wereUnknown: number;
  readonly correctedSince: number;
}

/** Puts what takes a committed batch back into a batch of its own. @returns what it leaves out */
export async function prepareTakeBack(
  client: Prepared,
  batchId: string,
  ofBatch: string,
): Promise<LeftOut> {
  const [row] = await client.prepared<readonly [bigint, bigint, bigint]>(TAKE_BACK, [
    batchId,
    ofBatch,
  ]);
  const [prepared, wereUnknown, correctedSince] = row!.map(Number) as [number, number, number];
  if (prepared === 0) {
    throw new CommandRefused(
      `Nothing was prepared: of its spends ${correctedSince} were corrected since, and ${wereUnknown} had no known cost before.`,
    );
  }
  return { wereUnknown, correctedSince };
}
