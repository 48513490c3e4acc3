import { HttpException } from '@nestjs/common';
import { dependencyRefusal } from './dependency-failure';
import { isError } from './is-error';
import { Problem, type ProblemCode } from './problem';

/**
 * The problem that a failure is for a caller. Only a Problem speaks for itself; whatever a
 * framework threw gets a sentence of ours, for its own may quote the request. Undefined: a bug.
 */
export function toProblem(failure: unknown): Problem | undefined {
  if (failure instanceof Problem) return failure;
  const status = clientStatusOf(failure);
  const known = status === undefined ? undefined : BY_STATUS.get(status);
  if (known !== undefined) return new Problem(known.code, known.detail, { cause: failure });
  return status !== undefined && status >= 400 && status < 500
    ? new Problem('invalid', 'The request could not be read.', { cause: failure })
    : undefined;
}

/** What a caller reads about any failure; what it does not explain itself goes to the log. */
export function problemFor(
  failure: unknown,
  logger: { error(message: unknown, ...rest: unknown[]): void },
): Problem {
  const problem = toProblem(failure);
  if (problem !== undefined && problem.code !== 'internal') return problem;
  logger.error(failure, 'problem');
  if (problem !== undefined) return problem;
  const refusal = dependencyRefusal(failure);
  if (refusal === undefined) return internalProblem();
  return new Problem(
    'unavailable',
    `The ledger cannot answer now: ${refusal.reason}. Send the same again later.`,
    { retryAfterSeconds: 1, cause: failure },
  );
}

export const internalProblem = (): Problem =>
  new Problem('internal', 'Something went wrong in the ledger; its log says what.');

/** Nest's exceptions carry getStatus(), Fastify's and Node's a `statusCode`. */
function clientStatusOf(failure: unknown): number | undefined {
  if (failure instanceof HttpException) return failure.getStatus();
  if (!isError(failure) || !('statusCode' in failure)) return undefined;
  return typeof failure.statusCode === 'number' ? failure.statusCode : undefined;
}

const known = (status: number, code: ProblemCode, detail: string) =>
  [status, { code, detail }] as const;

const BY_STATUS: ReadonlyMap<number, { code: ProblemCode; detail: string }> = new Map([
  known(401, 'unauthenticated', 'The request does not say who asks.'),
  known(403, 'forbidden', 'The caller may not do this.'),
  known(404, 'not_found', 'There is nothing at this path.'),
  known(405, 'method_not_allowed', 'This path does not take this method.'),
  known(413, 'too_large', 'The body is larger than this ledger takes.'),
  known(415, 'unsupported_media_type', 'The content type of the body is not one this path takes.'),
  known(503, 'unavailable', 'The ledger cannot answer now. Send it again later.'),
]);
