import type { HoldRow } from './hold-row';

/** The columns of a hold besides its partition, with their types. */
export const HOLD_COLUMNS = {
  hold_id: 'uuid',
  scope_type: 'text',
  key_id: 'text',
  user_id: 'text',
  team_id: 'text',
  amount: 'numeric',
  created_at: 'timestamptz',
  expires_at: 'timestamptz',
  caller: 'text',
  request_id: 'text',
  idempotency_key: 'text',
  body_hash: 'text',
  on_expiry: 'text',
  decision_id: 'uuid',
  decision: 'text',
  state: 'text',
  ended_at: 'timestamptz',
  actual: 'numeric',
  basis: 'text',
  late: 'boolean',
  settled_source: 'text',
  settled_id: 'text',
  settled_key: 'uuid',
  settled_hash: 'text',
  expiry_event: 'text',
  labels: 'jsonb',
  model: 'text',
  on_pools: 'boolean',
  settled_labels: 'jsonb',
  settled_model: 'text',
} as const satisfies Record<keyof HoldRow, string>;

export type HoldColumn = keyof typeof HOLD_COLUMNS;

export const HOLD_COLUMN_NAMES = Object.keys(HOLD_COLUMNS) as HoldColumn[];
