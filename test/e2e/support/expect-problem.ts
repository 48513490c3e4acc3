import type { Answer } from '#libs/testing';

/** What is at fault: `[field, rule]` of each entry in `errors`, in any order. */
export type Faults = readonly (readonly [field: string, rule: string])[];

/** Expects a problem as RFC 9457 and docs/api.md have it, and no word of what is inside the process. */
export function expectProblem(answer: Answer, status: number, code: string, faults?: Faults): void {
  const { headers, body } = answer;
  expect({ status: answer.status, ...pick(body), type: headers.get('content-type') }).toEqual({
    status,
    code,
    faults: faults === undefined ? expect.anything() : sorted(faults),
    type: 'application/problem+json',
  });
  expect(body.status).toBe(status);
  expect(body.type).toBe(`urn:spendledger:problem:${code}`);
  expect(typeof body.title).toBe('string');
  expect(typeof body.detail).toBe('string');
  expect(headers.get('x-request-id')).toMatch(/./);
  expect(JSON.stringify(body)).not.toMatch(/node_modules|\.[jt]s:\d|select |insert into/i);
}

function pick(body: Answer['body']): { code: unknown; faults: unknown } {
  const errors = (body.errors ?? []) as { field: string; rule: string; message: string }[];
  for (const { message } of errors) expect(message).toMatch(/./);
  return { code: body.code, faults: sorted(errors.map(({ field, rule }) => [field, rule])) };
}

function sorted(faults: Faults): string[] {
  return faults.map((fault) => fault.join(': ')).sort();
}
