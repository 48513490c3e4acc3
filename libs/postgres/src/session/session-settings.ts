export interface SessionLimits {
  /** Milliseconds added to the database's clock (tests only). */
  readonly clockOffsetMs: number;
  /** Milliseconds for a lock, a statement, an idle transaction, a connection: nothing waits for ever. */
  readonly timeoutMs: number;
  /** Milliseconds that a statement may take; `timeoutMs` unless given. */
  readonly statementMs?: number;
  /** Milliseconds that a transaction may stand still; `timeoutMs` unless given. */
  readonly idleMs?: number;
  /** Where tables are looked for before the ledger's own schema: a rebuild's are there. */
  readonly schema?: string;
  /** Statements find rows by indexes alone, wherever there is one. */
  readonly byIndexes?: boolean;
  /** A prepared statement is planned once, and not again for each of its arrays: planning may take longer than reading. */
  readonly plansOnce?: boolean;
  /** A statement takes one core of the server at most, however much it reads. */
  readonly onOneCore?: boolean;
}

export type SessionSettings = Readonly<Record<string, string>>;

/**
 * All that the ledger's statements rely on, in every session, whatever the server, the database and the role say.
 * `default_transaction_read_only` is not here: it is how an operator keeps a database from being written.
 */
export const RELIED_ON: SessionSettings = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  timezone_abbreviations: 'Default',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  default_transaction_isolation: 'read committed',
  exit_on_error: 'off',
  idle_session_timeout: '0',
  // A plan that only indexes may be used for looks so costly before Postgres 18 that each statement would be compiled.
  jit: 'off',
  plan_cache_mode: 'auto',
  enable_indexscan: 'on',
  enable_indexonlyscan: 'on',
  enable_bitmapscan: 'on',
  enable_nestloop: 'on',
  enable_partition_pruning: 'on',
};

/** What a session is asked for as it begins. */
export function sessionSettings(limits: SessionLimits): SessionSettings {
  const { timeoutMs, statementMs = timeoutMs, idleMs = timeoutMs, schema } = limits;
  return {
    ...RELIED_ON,
    search_path: schema === undefined ? 'public' : `${schema}, public`,
    'spend_ledger.clock_offset': `PT${limits.clockOffsetMs / 1000}S`,
    lock_timeout: String(timeoutMs),
    statement_timeout: String(statementMs),
    idle_in_transaction_session_timeout: String(idleMs),
    ...(limits.byIndexes === true && { enable_seqscan: 'off' }),
    ...(limits.plansOnce === true && { plan_cache_mode: 'force_generic_plan' }),
    ...(limits.onOneCore === true && { max_parallel_workers_per_gather: '0' }),
  };
}

/**
 * What a session is given once it can be asked what it has; each with when. A commit that is acknowledged is on disk:
 * `off` would lose it with the server. Anything else stands, for it is the operator who knows which standbys there are:
 * `remote_apply` promises more, and `local` and `remote_write` promise the same of this server.
 */
export const ADAPTED: readonly (readonly [name: string, value: string, when: string])[] = [
  ['synchronous_commit', 'on', `current_setting('synchronous_commit') = 'off'`],
  // The triggers that guard the record do not fire otherwise.
  ['session_replication_role', 'origin', `current_setting('session_replication_role') <> 'origin'`],
  // Known to Postgres 17 and later. A rebuild's transactions are long, and the other limits bound them.
  ['transaction_timeout', '0', `current_setting('transaction_timeout', true) <> '0'`],
];
