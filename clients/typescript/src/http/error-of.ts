import {
  ApiError,
  BatchPartlyRefused,
  BudgetExceeded,
  EtagMismatch,
  EventConflict,
  Forbidden,
  HoldEnded,
  IdempotencyKeyReused,
  Invalid,
  LedgerUnavailable,
  NotFound,
  NotYetVisible,
  Unauthenticated,
  UnknownEvent,
} from '../errors.js';
import type { Problem } from '../types.js';
import { isObject } from './answers.js';

const CLASSES: Readonly<Record<string, typeof ApiError>> = {
  invalid: Invalid,
  unauthenticated: Unauthenticated,
  forbidden: Forbidden,
  not_found: NotFound,
  event_conflict: EventConflict,
  hold_ended: HoldEnded,
  not_yet_visible: NotYetVisible,
  etag_mismatch: EtagMismatch,
  batch_partly_refused: BatchPartlyRefused,
  unknown_event: UnknownEvent,
  idempotency_key_reused: IdempotencyKeyReused,
  budget_exceeded: BudgetExceeded,
};

/** The error that an answer means. Its code decides the class; its status only where it has none, or the ledger is down. */
export function errorOf(
  status: number,
  body: unknown,
  requestId: string | undefined,
): ApiError | LedgerUnavailable {
  const problem: Partial<Problem> & Record<string, unknown> = isProblem(body) ? body : {};
  const { code, detail } = problem;
  // These two answer the request, whatever their status.
  const isAnswer = code === 'batch_partly_refused' || code === 'budget_exceeded';
  const isDown = code === 'overloaded' || code === 'unavailable' || (!code && status === 408);
  if (isDown || (status >= 500 && !isAnswer)) {
    const message = detail ?? `The ledger, or a proxy before it, answered with status ${status}.`;
    return new LedgerUnavailable(message, { code, status });
  }
  const Class = (code !== undefined && CLASSES[code]) || ApiError;
  return new Class(status, problem, requestId);
}

/** Whether a ledger says so, and not a proxy before it. */
export function isProblem(body: unknown): body is Problem & Record<string, unknown> {
  if (!isObject(body)) return false;
  const { code, detail, errors = [], results = [] } = body;
  if (typeof code !== 'string' || typeof detail !== 'string') return false;
  if (!Array.isArray(errors) || !Array.isArray(results)) return false;
  if (code === 'batch_partly_refused' && body['results'] === undefined) return false;
  return code !== 'budget_exceeded' || isObject(body['decision']);
}
