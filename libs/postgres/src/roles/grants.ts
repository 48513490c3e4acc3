/** Whose processes connect as what: each role may do its part, and a login of a process is in one of them. */
export const LEDGER_ROLES = ['ingest', 'projector', 'auth', 'audit'] as const;
export type LedgerRole = (typeof LEDGER_ROLES)[number];

/** Roles belong to the whole server, so they say whose they are. */
export const nameOfRole = (role: LedgerRole): string => `spend_ledger_${role}`;

/** What each role may do with a table, as `grant` takes it. A role that is not named may do nothing. */
export type TableGrants = Readonly<Partial<Record<LedgerRole, string>>>;

const READ = 'select';
const readBy = (...roles: LedgerRole[]): TableGrants =>
  Object.fromEntries(roles.map((role) => [role, READ]));
const READ_BY_ALL = readBy(...LEDGER_ROLES);

/** Written by the projector alone: added to, and never changed. */
const PROJECTED_FACT: TableGrants = { ...READ_BY_ALL, projector: 'select, insert' };
const PROJECTED_SUM: TableGrants = { ...READ_BY_ALL, projector: 'select, insert, update' };

const TAKEN = 'select, insert, update';
const HOLD_ENDS =
  'amount, expires_at, state, ended_at, actual, basis, late, settled_source, settled_id, settled_key, settled_hash, on_pools, settled_labels, settled_model, expiry_event';

/**
 * What each role may do with each table of the ledger. What no role may do, only the owner does. A lock of rows needs
 * `update` of a column. No role may update, delete or truncate the record; triggers refuse that to its owner as well.
 */
export const GRANTS: Readonly<Record<string, TableGrants>> = {
  kysely_migration: READ_BY_ALL,
  kysely_migration_lock: {},
  ledger: READ_BY_ALL,
  // Who may call: made and ended by the owner's commands.
  credential: READ_BY_ALL,
  access_revision: READ_BY_ALL,

  // The record.
  event_claim: {
    ingest: 'select, insert',
    auth: 'select, insert',
    ...readBy('projector', 'audit'),
  },
  log_record: { ingest: 'insert', ...readBy('projector', 'audit') },
  spend_event: PROJECTED_FACT,
  quarantine: PROJECTED_FACT,
  price_book: PROJECTED_FACT,
  budget_revision: { ...READ_BY_ALL, projector: 'select, insert, update (superseded)' },
  budget_in_force: READ_BY_ALL,
  closed_month: readBy('auth', 'audit'),

  // On the way to the log, and off it.
  outbox: { ingest: 'select, insert, update, delete', auth: 'insert, select (id)' },
  log_partition: { ...READ_BY_ALL, ingest: 'select, insert, update (end_offset)' },
  log_mark: { auth: 'select, insert, update (marked_at)' },
  log_lease: { projector: 'select, update (owner, lease_until)' },
  log_reader: { projector: 'select, insert, update (seen_until), delete' },
  log_import: READ_BY_ALL,

  // What is made of the record.
  projection_partition: {
    ...READ_BY_ALL,
    projector: 'select, update (next_offset, epoch, known_at, caught_up_at)',
  },
  key_balance: PROJECTED_SUM,
  user_balance: PROJECTED_SUM,
  team_balance: PROJECTED_SUM,
  member_balance: PROJECTED_SUM,
  pool_balance: PROJECTED_SUM,
  key_bucket: PROJECTED_SUM,
  user_bucket: PROJECTED_SUM,
  team_bucket: PROJECTED_SUM,
  member_bucket: PROJECTED_SUM,
  pool_bucket: PROJECTED_SUM,
  warning: {
    projector: 'select, insert, update (attempts, next_attempt_at, delivered_at, last_failure)',
    ...readBy('auth', 'audit'),
  },

  // Held money: taken by auth, and set free by what ingest records.
  held_account: { ingest: TAKEN, auth: TAKEN, ...readBy('projector', 'audit') },
  held_expiry: {
    ingest: `${TAKEN}, delete`,
    auth: `${TAKEN}, delete`,
    ...readBy('projector', 'audit'),
  },
  pool_held: { ingest: TAKEN, auth: TAKEN, ...readBy('projector', 'audit') },
  pool_expiry: {
    ingest: `${TAKEN}, delete`,
    auth: `${TAKEN}, delete`,
    ...readBy('projector', 'audit'),
  },
  pool_gate: { auth: TAKEN, ...readBy('audit') },
  hold: {
    ingest: `select, update (${HOLD_ENDS})`,
    auth: `select, insert, update (${HOLD_ENDS}), delete`,
    ...readBy('audit'),
  },
  kept_decision: { auth: 'select, insert, update, delete', ...readBy('audit') },

  // Prepared and committed by the owner's commands.
  correction_batch: readBy('audit'),
  correction_line: readBy('audit'),
};
