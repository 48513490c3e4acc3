import { HttpException } from '@nestjs/common';
import {
  grpcStatusOf,
  httpStatusOf,
  isRetryable,
  Problem,
  problemBody,
  type ProblemCode,
  problemHeaders,
  titleOf,
} from './problem';
import { toProblem } from './to-problem';

// The table of docs/api.md, by the numbers of HTTP and gRPC.
const CODES: readonly (readonly [ProblemCode, number, number])[] = [
  ['invalid', 400, 3],
  ['unsupported_media_type', 415, 3],
  ['too_large', 413, 8],
  ['unauthenticated', 401, 16],
  ['forbidden', 403, 7],
  ['not_found', 404, 5],
  ['method_not_allowed', 405, 12],
  ['event_conflict', 409, 6],
  ['not_yet_visible', 409, 9],
  ['hold_ended', 409, 9],
  ['etag_mismatch', 412, 10],
  ['batch_partly_refused', 422, 3],
  ['unknown_event', 422, 9],
  ['idempotency_key_reused', 422, 3],
  ['budget_exceeded', 429, 9],
  ['overloaded', 503, 14],
  ['unavailable', 503, 14],
  ['internal', 500, 13],
];

describe('a problem', () => {
  it.each(CODES)('%s is HTTP %i and gRPC %i', (code, http, grpc) => {
    expect(httpStatusOf(code)).toBe(http);
    expect(grpcStatusOf(code)).toBe(grpc);
    expect(titleOf(code)).not.toBe('');
  });

  it('may be retried only where waiting can help', () => {
    const retryable = CODES.map(([code]) => code).filter(isRetryable);
    expect(retryable).toEqual(['not_yet_visible', 'overloaded', 'unavailable']);
  });

  it('has the body of RFC 9457, which its extra members cannot overwrite', () => {
    const errors = [{ field: 'data.scope', rule: 'required', message: 'is missing' }];
    const problem = new Problem('invalid', 'data.scope is missing.', {
      errors,
      extra: { code: 'mine', onRecord: { id: '1' } },
    });
    expect(problemBody(problem)).toEqual({
      type: 'urn:spendledger:problem:invalid',
      title: titleOf('invalid'),
      status: 400,
      code: 'invalid',
      detail: 'data.scope is missing.',
      errors,
      onRecord: { id: '1' },
    });
  });

  it('takes another status where one code has two, and leaves out errors it does not have', () => {
    const body = problemBody(new Problem('batch_partly_refused', 'x', { status: 503 }));
    expect(body).toMatchObject({ status: 503 });
    expect(body).not.toHaveProperty('errors');
  });

  it('says when to come back, and what its thrower says besides', () => {
    expect(problemHeaders(new Problem('overloaded', 'x', { retryAfterSeconds: 0.2 }))).toEqual({
      'retry-after': '1',
    });
    const headers = { 'x-should-retry': 'false' };
    expect(problemHeaders(new Problem('budget_exceeded', 'x', { headers }))).toEqual(headers);
    expect(problemHeaders(new Problem('budget_exceeded', 'x'))).toEqual({});
  });
});

describe('what a framework threw', () => {
  it.each([
    [404, 'not_found'],
    [413, 'too_large'],
    [415, 'unsupported_media_type'],
    [400, 'invalid'],
    [414, 'invalid'],
    [503, 'unavailable'],
  ])('with status %i is %s, in our words', (status, code) => {
    const problem = toProblem(new HttpException('sk-secret-of-the-request', status));
    expect(problem).toMatchObject({ code });
    expect(JSON.stringify(problemBody(problem!))).not.toContain('secret');
  });

  it('is a bug when it is none of the caller', () => {
    expect(toProblem(new TypeError('x'))).toBeUndefined();
    expect(toProblem(new HttpException('x', 500))).toBeUndefined();
    expect(toProblem(undefined)).toBeUndefined();
  });
});
