import { isError } from './is-error';

/** Node's codes of a connection that could not be had or was lost. */
const CONNECTION_CODES = new Set([
  'EAGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);
/** SQLSTATE: connection, resources, operator intervention (time-outs too), lock not available, rolled back. */
const SQLSTATES = /^(?:08...|53...|57...|55P03|25P0[34]|40...)$/;
/** node-postgres says these without a code. */
const MESSAGES =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;

/** Whether a failure says that something this process needs is gone or overrun, and not that it has a bug. */
export function isDependencyFailure(failure: unknown): boolean {
  if (failure instanceof AggregateError) return failure.errors.some(isDependencyFailure);
  if (!isError(failure)) return false;
  const code = 'code' in failure && typeof failure.code === 'string' ? failure.code : '';
  return CONNECTION_CODES.has(code) || SQLSTATES.test(code) || MESSAGES.test(failure.message);
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
