import { status as grpcStatus } from '@grpc/grpc-js';
import { type FieldFault } from '#libs/json';
import { boundFaults } from './bounded-faults';

/** The closed list of reasons for which a request is refused (docs/api.md, Codes). */
export type ProblemCode = keyof typeof TABLE;

export type { FieldFault };

export interface ProblemOptions {
  readonly errors?: readonly FieldFault[];
  /** More members of the JSON body; over gRPC they are metadata of ErrorInfo. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Only where one code has two HTTP statuses. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** A refusal on its way to a caller. Doors throw it; the problem filter translates it once. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** At most `MAX_FAULTS`. */
  readonly errors: readonly FieldFault[];
  /** How many faults there are beside them. */
  readonly errorsLeftOut: number;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryAfterSeconds: number | undefined;
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    options: ProblemOptions = {},
  ) {
    super(detail, { cause: options.cause });
    const { errors, errorsLeftOut } = boundFaults(options.errors ?? []);
    this.errors = errors;
    this.errorsLeftOut = errorsLeftOut;
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.status = options.status ?? httpStatusOf(code);
  }
}

/** The body of an `application/problem+json` answer. */
export function problemBody(problem: Problem): Record<string, unknown> {
  return {
    ...problem.extra,
    type: `urn:spendledger:problem:${problem.code}`,
    title: titleOf(problem.code),
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
    ...(problem.errorsLeftOut > 0 ? { errorsLeftOut: problem.errorsLeftOut } : {}),
  };
}

/** As short as it may be: only the first fault, and no large detail. */
export function shortProblemBody(problem: Problem): Record<string, unknown> {
  const [first, ...others] = problem.errors;
  const large = Object.entries(problem.extra).filter(
    ([, value]) => typeof value === 'object' && !Array.isArray(value),
  );
  return {
    ...problemBody(problem),
    ...Object.fromEntries(large.map(([name]) => [name, null])),
    ...(first === undefined ? {} : { errors: [first] }),
    ...(problem.errorsLeftOut + others.length > 0
      ? { errorsLeftOut: problem.errorsLeftOut + others.length }
      : {}),
  };
}

/** Headers that belong to a problem beside its body. */
export function problemHeaders(problem: Problem): Record<string, string> {
  return {
    ...(problem.retryAfterSeconds === undefined
      ? {}
      : { 'retry-after': String(Math.max(0, Math.ceil(problem.retryAfterSeconds))) }),
    ...problem.headers,
  };
}

export const httpStatusOf = (code: ProblemCode): number => TABLE[code].http;
export const grpcStatusOf = (code: ProblemCode): number => TABLE[code].grpc;
export const titleOf = (code: ProblemCode): string => TABLE[code].title;

/** Whether the same request may succeed when it is sent again unchanged. */
export const isRetryable = (code: ProblemCode): boolean => RETRYABLE.has(code);

interface Row {
  readonly http: number;
  readonly grpc: number;
  readonly title: string;
}

const row = (http: number, grpc: number, title: string): Row => ({ http, grpc, title });

// A partly refused batch and an exceeded budget are answers over gRPC; their status is only for a
// door that throws them all the same, and must not invite a retry.
const TABLE = {
  invalid: row(400, grpcStatus.INVALID_ARGUMENT, 'The request is not valid'),
  unsupported_media_type: row(415, grpcStatus.INVALID_ARGUMENT, 'The media type is not supported'),
  too_large: row(413, grpcStatus.RESOURCE_EXHAUSTED, 'The request is too large'),
  unauthenticated: row(401, grpcStatus.UNAUTHENTICATED, 'The caller is not known'),
  forbidden: row(403, grpcStatus.PERMISSION_DENIED, 'The caller may not do this'),
  gateway_unknown: row(404, grpcStatus.NOT_FOUND, 'There is no such gateway'),
  not_found: row(404, grpcStatus.NOT_FOUND, 'There is no such thing'),
  method_not_allowed: row(405, grpcStatus.UNIMPLEMENTED, 'The method is not allowed here'),
  event_conflict: row(409, grpcStatus.ALREADY_EXISTS, 'The event is on record with other content'),
  not_yet_visible: row(409, grpcStatus.FAILED_PRECONDITION, 'The position is not yet visible'),
  hold_ended: row(409, grpcStatus.FAILED_PRECONDITION, 'The hold has ended'),
  etag_mismatch: row(412, grpcStatus.ABORTED, 'The entity tag does not match'),
  batch_partly_refused: row(422, grpcStatus.INVALID_ARGUMENT, 'A part of the batch was refused'),
  too_much: row(422, grpcStatus.OUT_OF_RANGE, 'The question reads more than its limit'),
  unknown_event: row(422, grpcStatus.FAILED_PRECONDITION, 'The event is not on record'),
  idempotency_key_reused: row(
    422,
    grpcStatus.INVALID_ARGUMENT,
    'The idempotency key was used with another body',
  ),
  budget_exceeded: row(429, grpcStatus.FAILED_PRECONDITION, 'The budget is exceeded'),
  overloaded: row(503, grpcStatus.UNAVAILABLE, 'The ledger is overloaded'),
  unavailable: row(503, grpcStatus.UNAVAILABLE, 'The ledger is not available'),
  internal: row(500, grpcStatus.INTERNAL, 'The ledger failed'),
} as const satisfies Record<string, Row>;

const RETRYABLE: ReadonlySet<ProblemCode> = new Set([
  'overloaded',
  'unavailable',
  'not_yet_visible',
] as const);
