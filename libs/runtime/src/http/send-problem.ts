import type { FastifyReply } from 'fastify';
import type { Problem } from '../problem';
import { problemBody, problemHeaders } from '../problem';
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
  // Fastify would hang up on a body that is too large; many callers write all of it before they
  // read, and would see a broken pipe instead of this. Node reads on and throws the rest away, for
  // as long as a request may take to arrive.
  if (problem.code === 'too_large') reply.removeHeader('connection');
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
