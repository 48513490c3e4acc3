import type { Prepared } from '#libs/postgres';
import { insertClaims } from './insert-claims';
import type { Plan } from './plan-batch';

/**
 * Makes the claims again that the log's records were appended under: their database was lost, and without them an old
 * id could be recorded with other content.
 * @returns the keys of the events whose claims were gone; a claim that stands was made in this database
 */
export function writeClaims(
  client: Prepared,
  partition: number,
  { spends, adjustments, budgetChanges }: Plan,
): Promise<ReadonlySet<string>> {
  const events = [...spends, ...adjustments, ...budgetChanges];
  return insertClaims(
    client,
    events.map((event) => ({ event, partition })),
  );
}
