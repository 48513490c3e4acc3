import type { DifferenceKind } from '#libs/projection';

export interface Plant {
  readonly what: string;
  readonly plant: readonly string[];
  /** What must be said of it. */
  readonly kinds: readonly DifferenceKind[];
  /** What may be said besides, as it follows. */
  readonly others?: readonly DifferenceKind[];
}

/** Of an account that has more: without its only event it is reported as a stray balance, not a wrong one. */
const SPEND = `(
  select event_key from spend_event spend
  where adjusts_key is null and amount > 0 and scope_type = 'user' and hold_id is null
    and not exists (select from spend_event correction where correction.adjusts_key = spend.event_key)
    and exists (select from spend_event other where other.event_key <> spend.event_key
      and other.scope_type = 'user' and other.user_id = spend.user_id)
  order by event_key limit 1)`;
const SUMS: readonly DifferenceKind[] = [
  'wrong_spent',
  'wrong_bucket',
  'missing_bucket',
  'stray_bucket',
  'stale_window',
  'wrong_last_offset',
  'wrong_latest_time',
  'missing_balance',
  'stray_balance',
];
const COLUMNS = `source, event_id, time, recorded_at, known_at, caller, content_hash, scope_type, key_id,
  user_id, team_id, amount, basis, request_id, hold_id, model, metadata, extensions, hold_outcome`;
/** The same event once more. */
const copied = (partition: string, offset: string, key: string, columns = COLUMNS) => `
  insert into spend_event (partition, log_offset, event_key, ${COLUMNS})
  select ${partition}, ${offset}, ${key}, ${columns} from spend_event where event_key = ${SPEND}`;

export const PLANTS: readonly Plant[] = [
  {
    what: 'a changed amount',
    plant: [`update spend_event set amount = amount + 0.000000000001 where event_key = ${SPEND}`],
    kinds: ['changed_amount', 'wrong_spent', 'wrong_bucket'],
    others: SUMS,
  },
  {
    what: 'an unknown cost that was given an amount',
    plant: [
      `update spend_event set amount = 1, basis = 'exact' where event_key = (
         select event_key from spend_event spend where basis = 'unknown'
         and not exists (select from spend_event correction where correction.adjusts_key = spend.event_key))`,
    ],
    kinds: ['changed_amount', 'wrong_spent', 'wrong_unpriced'],
    others: SUMS,
  },
  {
    what: 'a moved scope',
    plant: [`update spend_event set user_id = 'somebody' where event_key = ${SPEND}`],
    kinds: ['moved_scope', 'wrong_spent'],
    others: SUMS,
  },
  {
    what: "a user's spend moved to a team",
    plant: [
      `update spend_event set scope_type = 'team', team_id = 'team-0' where event_key = ${SPEND}`,
    ],
    kinds: ['moved_scope', 'wrong_spent'],
    others: SUMS,
  },
  {
    what: 'changed metadata',
    plant: [`update spend_event set metadata = '{"a":1}' where event_key = ${SPEND}`],
    kinds: ['changed_event'],
  },
  {
    what: 'a changed event with a hash that fits it',
    plant: [`update spend_event set content_hash = repeat('0', 64) where event_key = ${SPEND}`],
    kinds: ['wrong_claim', 'changed_event'],
  },
  {
    what: 'a deleted event',
    plant: [`delete from spend_event where event_key = ${SPEND}`],
    kinds: ['missing_event', 'wrong_spent'],
    others: SUMS,
  },
  {
    what: 'an event that stands twice in its partition',
    plant: [
      copied(
        'partition',
        '(select max(next_offset) from projection_partition)',
        'gen_random_uuid()',
      ),
    ],
    kinds: ['doubled_event', 'unclaimed_event', 'stray_event', 'wrong_spent'],
    others: [...SUMS, 'wrong_order'],
  },
  {
    what: 'an event that stands in two partitions',
    plant: [copied('(partition + 1) % 12', '1000000000', 'event_key')],
    kinds: ['doubled_event', 'moved_scope', 'wrong_claim'],
    others: [...SUMS, 'stray_event', 'wrong_order'],
  },
  {
    what: 'an invented event',
    plant: [
      copied(
        'partition',
        '(select max(next_offset) from projection_partition)',
        'gen_random_uuid()',
        COLUMNS.replace('event_id', `'invented'`),
      ),
    ],
    kinds: ['wrong_event_key', 'unclaimed_event', 'stray_event', 'wrong_spent'],
    others: [...SUMS, 'wrong_order'],
  },
  {
    what: 'a balance off by 10^-12',
    plant: [`update user_balance set spent = spent + 0.000000000001 where user_id = 'user-0'`],
    kinds: ['wrong_spent'],
  },
  {
    what: 'a wrong flipped',
    plant: [`update team_balance set flipped = flipped + 0.01 where team_id = 'team-0'`],
    kinds: ['wrong_flipped'],
  },
  {
    what: 'a wrong unpriced',
    plant: [`update user_balance set unpriced = unpriced + 1 where user_id = 'user-1'`],
    kinds: ['wrong_unpriced'],
  },
  {
    what: 'a wrong last offset',
    plant: [`update key_balance set last_offset = last_offset + 1 where key_id = 'key-0'`],
    kinds: ['wrong_last_offset'],
  },
  {
    what: 'a wrong latest time',
    plant: [`update member_balance set latest_time = latest_time + interval '1 us'`],
    kinds: ['wrong_latest_time'],
  },
  {
    what: 'a lost balance',
    plant: [`delete from key_balance where key_id = 'key-1'`],
    kinds: ['missing_balance'],
  },
  {
    what: 'a balance of nobody',
    plant: [
      `insert into key_balance (partition, key_id, spent, unpriced, last_offset, latest_time)
       values (0, 'nobody', 1, 0, 0, now())`,
    ],
    kinds: ['stray_balance'],
  },
  {
    what: 'a wrong bucket',
    plant: [`update team_bucket set spent = spent + 1 where team_id = 'team-0' and grain = 'day'`],
    kinds: ['wrong_bucket'],
  },
  {
    what: 'a lost bucket',
    plant: [`delete from member_bucket where grain = 'quarter'`],
    kinds: ['missing_bucket'],
  },
  {
    what: 'a bucket of nothing',
    plant: [
      `insert into key_bucket (partition, key_id, grain, starts, spent)
       values (0, 'nobody', 'day', '2026-01-01Z', 1)`,
    ],
    kinds: ['stray_bucket'],
  },
  {
    what: 'a stale window',
    plant: [
      `update user_balance set windows = jsonb_set(windows, '{user-month,2}', '"7.00"')
       where user_id = 'user-1'`,
    ],
    kinds: ['stale_window'],
  },
  {
    what: 'a correction that books something else',
    plant: [
      `update spend_event set amount = amount - 1 where log_offset = (
         select max(log_offset) from spend_event where adjustment = 'amend' and scope_type = 'user')
         and adjusts_key is not null`,
    ],
    kinds: ['wrong_correction', 'wrong_spent'],
    others: SUMS,
  },
  {
    what: 'a correction that states something else',
    plant: [
      `update spend_event set stated = stated + 1, amount = amount + 1 where adjustment = 'amend'
         and source = 'ledger/nobody' or event_key = (
         select event_key from spend_event where adjustment = 'amend' order by stated limit 1)`,
    ],
    kinds: ['changed_event', 'wrong_spent'],
    others: [...SUMS, 'wrong_correction'],
  },
  {
    what: 'a correction without its spend',
    plant: [
      `delete from spend_event where event_key = (
         select adjusts_key from spend_event where adjustment = 'reverse' limit 1)`,
    ],
    kinds: ['orphan_correction', 'missing_event', 'wrong_spent'],
    others: [...SUMS, 'changed_event'],
  },
  {
    what: 'an event that was known before it was recorded',
    plant: [
      `update spend_event set known_at = recorded_at - interval '1 s' where event_key = ${SPEND}`,
    ],
    kinds: ['wrong_order'],
  },
  {
    what: 'a lost revision of a budget',
    plant: [`delete from budget_revision where budget_id = 'key-day'`],
    kinds: ['missing_event'],
  },
  {
    what: 'a revision that is in force no more',
    plant: [`update budget_revision set superseded = true where budget_id = 'key-day'`],
    kinds: ['wrong_revision'],
  },
  {
    what: 'a lost record of the quarantine',
    plant: [`delete from quarantine`],
    kinds: ['missing_quarantine'],
  },
];
