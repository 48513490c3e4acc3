/** Postgres will not do this now, and no change of the request or of the ledger's code would help. */
export interface Refusal {
  /** A sentence without its full stop, for operators and callers alike. */
  readonly reason: string;
}

/**
 * What Postgres, or a pooler before it, means by a SQLSTATE. An exact code goes before its class.
 * @returns undefined: the statement is wrong, which is a bug of ours
 */
export function refusalOf(sqlstate: string): Refusal | undefined {
  const reason = BY_CODE.get(sqlstate) ?? BY_CLASS.get(sqlstate.slice(0, 2));
  return typeof reason === 'string' ? { reason } : undefined;
}

const BUG = false;
type Meaning = string | typeof BUG;

/** Each class of appendix A of Postgres' manual. */
const BY_CLASS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['00', BUG], // successful completion
  ['01', BUG], // warning
  ['02', BUG], // no data
  ['03', BUG], // SQL statement not yet complete
  ['08', 'the connection to Postgres, or a pooler before it, failed'],
  ['09', BUG], // triggered action exception
  ['0A', BUG], // feature not supported
  ['0B', BUG], // invalid transaction initiation
  ['0F', BUG], // locator exception
  ['0L', BUG], // invalid grantor
  ['0P', BUG], // invalid role specification
  ['0Z', BUG], // diagnostics exception
  ['10', BUG], // XQuery error
  ['20', BUG], // case not found
  ['21', BUG], // cardinality violation
  ['22', BUG], // data exception
  ['23', BUG], // integrity constraint violation
  ['24', BUG], // invalid cursor state
  ['25', BUG], // invalid transaction state
  ['26', 'a pooler before Postgres gives the statements of one session to another'],
  ['27', BUG], // triggered data change violation
  ['28', 'Postgres does not let this user in'],
  ['2B', BUG], // dependent privilege descriptors still exist
  ['2D', BUG], // invalid transaction termination
  ['2F', BUG], // SQL routine exception
  ['34', BUG], // invalid cursor name
  ['38', BUG], // external routine exception
  ['39', BUG], // external routine invocation exception
  ['3B', BUG], // savepoint exception
  ['3D', 'the database is not there'],
  ['3F', BUG], // invalid schema name
  ['40', 'Postgres rolled the transaction back to let another one pass'],
  ['42', BUG], // syntax error or access rule violation
  ['44', BUG], // WITH CHECK OPTION violation
  ['53', 'Postgres lacks something it needs (memory, disk or connections)'],
  ['54', BUG], // program limit exceeded
  ['55', 'Postgres does not take this now'],
  ['57', 'Postgres, or who runs it, ended the statement or the connection'],
  ['58', 'Postgres met an error of the machine it runs on'],
  ['72', 'Postgres has no longer the snapshot that was asked for'],
  ['F0', 'Postgres cannot read its configuration'],
  ['HV', BUG], // foreign data wrapper error
  ['P0', BUG], // PL/pgSQL error
  ['XX', 'Postgres met an error of its own; its log says which'],
]);

/** Codes that mean something else than their class, and those that operators should see named. */
const BY_CODE: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['08P01', 'a pooler before Postgres, or Postgres itself, refused the connection'],
  ['25006', 'Postgres takes no writes: it is read-only, or a standby'],
  ['25P03', 'Postgres ended a transaction that stood still for too long'],
  ['25P04', 'Postgres ended a transaction that took too long'],
  // The operator of Postgres has taken a grant away, or has not given it yet.
  ['42501', 'Postgres does not permit this user to do it (a grant is missing)'],
  ['42P05', 'a pooler before Postgres gives the statements of one session to another'],
  ['53100', 'the disk of Postgres is full'],
  ['53200', 'Postgres has no memory left'],
  ['53300', 'Postgres has no connection left'],
  ['55000', 'Postgres does not take this now: the database accepts no connections'],
  ['55006', 'another session of Postgres uses what is needed'],
  ['55P02', BUG], // a setting that cannot be changed
  ['55P03', 'a lock in Postgres was not free in time'],
  ['55P04', BUG], // a new value of an enumeration that is not committed
  ['57014', 'a statement took Postgres too long, or was cancelled'],
  ['57P01', 'Postgres is shutting down, or ended the connection'],
  ['57P02', 'Postgres crashed, and recovers'],
  ['57P03', 'Postgres is starting, stopping or recovering, and takes no connections'],
  ['57P04', 'the database was dropped'],
  ['57P05', 'Postgres ended a connection that was idle for too long'],
  ['58030', 'the disk of Postgres gives errors'],
]);

/** For the spec that walks all of them. */
export const SQLSTATE_CLASSES: readonly string[] = [...BY_CLASS.keys()];
