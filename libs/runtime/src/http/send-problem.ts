import type { FastifyReply } from 'fastify';
import { Problem, problemBody, problemHeaders } from '../problem';
import { type Redact } from '../redact';

export const PROBLEM_TYPE = 'application/problem+json';

/** Answers with a problem. Its words pass `redact` once more, whatever the thrower took care of. */
export function sendProblem(
  reply: FastifyReply,
  requestId: string,
  problem: Problem,
  redact: Redact,
): void {
  if (reply.sent || reply.raw.headersSent) return;
  void reply
    .code(problem.status)
    .headers({ 'x-request-id': requestId, ...problemHeaders(problem) })
    .header('content-type', PROBLEM_TYPE)
    // A buffer, because Fastify adds a charset to text, which this media type does not have.
    .send(problemBytes(problem, redact));
}

export function problemBytes(problem: Problem, redact: Redact): Buffer {
  const body = problemBody(problem);
  const errors = problem.errors.map(({ field, rule, message }) => ({
    field: redact(field),
    rule,
    message: redact(message),
  }));
  return Buffer.from(
    JSON.stringify({
      ...body,
      detail: redact(problem.detail),
      ...(errors.length > 0 ? { errors } : {}),
    }),
  );
}
