/** What projectors write, and a rebuild makes anew. */
export const PROJECTED_TABLES = [
  'projection_partition',
  'spend_event',
  ...['key', 'user', 'team', 'member', 'pool'].flatMap((kind) => [
    `${kind}_balance`,
    `${kind}_bucket`,
  ]),
  'budget_revision',
  'price_book',
  'quarantine',
] as const;

/**
 * Has to come before the first snapshot of a transaction that keeps it: a rebuild that swapped its tables in after it
 * would show it empty ones.
 */
export const HOLD_PROJECTED_TABLES = `lock table ${PROJECTED_TABLES.join(', ')} in access share mode`;
