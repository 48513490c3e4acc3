import { sql } from 'kysely';
import type { OneInstant } from '#libs/postgres';
import type { Findings } from './findings';

/** A revision is superseded by a higher one that has no end. */
export async function checkRevisions(trx: OneInstant, findings: Findings): Promise<void> {
  const { rows } = await sql<{
    partition: number;
    budget_id: string;
    revision: number;
    superseded: boolean;
  }>`
    select partition, budget_id, revision, superseded
    from budget_revision lower
    where superseded <> exists (
      select from budget_revision higher
      where higher.partition = lower.partition and higher.budget_id = lower.budget_id
        and higher.revision > lower.revision and higher.valid_until is null)
    limit ${findings.most}`.execute(trx);
  findings.add(
    rows.map(({ partition, budget_id: budgetId, revision, superseded }) => ({
      kind: 'wrong_revision',
      partition,
      budgetId,
      revision,
      field: 'superseded',
      stored: String(superseded),
      expected: String(!superseded),
    })),
  );
}
