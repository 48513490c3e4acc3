import { isError } from './is-error';
import { refusalOf, type Refusal } from './postgres-refusals';

/** Node's codes of a connection that could not be had or was lost, or whose certificate is not in order. */
const CONNECTION_CODES =
  /^(?:EAGAIN|ECONNABORTED|ECONNREFUSED|ECONNRESET|EHOSTDOWN|EHOSTUNREACH|ENETDOWN|ENETUNREACH|ENOENT|ENOTFOUND|EPIPE|EPROTO|ETIMEDOUT|EAI_[A-Z]+|EACCES|ERR_(?:TLS|SSL)_\w+|CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_\w+|DEPTH_ZERO_\w+)$/;
/** node-postgres says these without a code. */
const MESSAGES =
  /^(?:Connection terminated|timeout expired|Client has encountered a connection error|Client was closed|The server does not support SSL|There was an error establishing an SSL|SASL: |Cannot use a pool after calling end)/;

/** libs/postgres gives it to what would wait behind commits that nobody confirms. */
const COMMITS_WAIT = 'COMMITS_WAIT';
const NO_ANSWER = /^(?:Query read timeout|timeout exceeded when trying to connect)/;

const NO_STANDBY = 'commits wait for a synchronous standby of Postgres';
const TOO_LATE = 'Postgres did not answer in time';
const NO_CONNECTION = 'there is no connection to something that the ledger needs';
const ENDED = 'Postgres, or a pooler before it, ended the connection';

/**
 * Why a failure says that something this process needs is gone, overrun, or refuses; all of Postgres' reasons are in one
 * table (`postgres-refusals.ts`).
 * @returns undefined: it is a bug
 */
export function dependencyRefusal(failure: unknown): Refusal | undefined {
  if (failure instanceof AggregateError) {
    for (const each of failure.errors) {
      const refusal = dependencyRefusal(each);
      if (refusal) return refusal;
    }
    return undefined;
  }
  if (!isError(failure)) return undefined;
  const code = 'code' in failure && typeof failure.code === 'string' ? failure.code : '';
  if (code === COMMITS_WAIT) return { reason: NO_STANDBY };
  if (NO_ANSWER.test(failure.message)) return { reason: TOO_LATE };
  if (CONNECTION_CODES.test(code) || MESSAGES.test(failure.message)) {
    return { reason: NO_CONNECTION };
  }
  const refusal = isSqlstate(code) ? refusalOf(code) : undefined;
  // No statement of ours ends a session: who does that refuses it, whatever code it gives.
  return refusal ?? (endsSession(failure) ? { reason: ENDED } : undefined);
}

/** Whether a failure says that something this process needs is gone, overrun or refuses, and not that it has a bug. */
export function isDependencyFailure(failure: unknown): boolean {
  return dependencyRefusal(failure) !== undefined;
}

/** Whether Postgres ended a statement: it took longer than its connection allows, or an operator wished so. */
export function isCancelledStatement(failure: unknown): boolean {
  return isError(failure) && 'code' in failure && failure.code === '57014';
}

/** Whether the database refused a statement to this user. */
export function isPermissionDenied(failure: unknown): boolean {
  return isError(failure) && 'code' in failure && failure.code === '42501';
}

/** Whether a statement failed because what must be there once was there already. */
export function isUniqueViolation(failure: unknown): boolean {
  return isError(failure) && 'code' in failure && failure.code === '23505';
}

const isSqlstate = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code);

function endsSession(failure: Error): boolean {
  return 'severity' in failure && (failure.severity === 'FATAL' || failure.severity === 'PANIC');
}
