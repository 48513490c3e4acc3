import { contentHash } from './content-hash';
import { EVENT_TYPES } from './event-type';
import { budgetRevisionId } from './write-event';

/** A revision of a budget as the projection has it; times as the ledger prints them. */
export interface RevisionRow {
  readonly partition: number;
  readonly budget_id: string;
  readonly revision: number;
  /** JSON text; null where the revision removes the budget. */
  readonly definition: string | null;
  readonly log_offset: bigint;
  readonly recorded_at: string;
  readonly known_at: string;
  readonly caller: string;
}

/** The CloudEvent that a revision was. */
export function budgetRevisionDocument(row: RevisionRow): object {
  const { budget_id: budgetId, revision, definition } = row;
  const type = definition === null ? EVENT_TYPES.budgetRemoved : EVENT_TYPES.budgetSet;
  const settings = definition === null ? {} : (JSON.parse(definition) as object);
  const data = { budgetId, ...settings, revision };
  return {
    specversion: '1.0',
    ...budgetRevisionId(budgetId, revision),
    type,
    time: row.recorded_at,
    datacontenttype: 'application/json',
    recordedat: row.recorded_at,
    knownat: row.known_at,
    position: `${row.partition}:${row.log_offset + 1n}`,
    caller: row.caller,
    contenthash: contentHash({ type, ...data }),
    data,
  };
}
