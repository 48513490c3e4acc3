import { Problem } from '#libs/runtime';
import { readReport, reportInHeaders } from './report-request';

const ended = (given: object) => readReport({ holdId: 'h', ...given }).end;
const usage = (given: object) => readReport({ holdId: 'h', ...given }).usage;
const faults = (given: unknown): string[] => {
  try {
    readReport(given);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.errors.map(({ field, rule }) => `${rule}@${field}`);
  }
};

describe('a report', () => {
  it('says the same in headers as in a body', () => {
    const body = {
      gateway: 'nginx',
      holdId: 'h',
      status: 200,
      model: 'gpt-5',
      inputTokens: 10,
      outputTokens: 5,
    };
    const headers = {
      'x-spend-gateway': 'nginx',
      'x-spend-hold-id': 'h',
      'x-spend-status': '200',
      'x-spend-model': 'gpt-5',
      'x-spend-ended': 'answered',
      'x-user': 'alice',
      'x-spend-input-tokens': '10',
      'x-spend-output-tokens': '5',
    };
    const said = {
      gateway: 'nginx',
      holdId: 'h',
      status: 200,
      model: 'gpt-5',
      end: 'answered',
      usage: { input: 10, output: 5 },
    };
    expect(readReport(body)).toEqual(said);
    expect(readReport(reportInHeaders(headers))).toEqual(said);
  });

  it.each(['009', '000'])(
    'takes %s for a client that left before there was an answer',
    (status) => {
      const said = reportInHeaders({ 'x-spend-hold-id': 'h', 'x-spend-status': status });
      expect(readReport(said)).toMatchObject({ status: 499, end: 'interrupted' });
    },
  );

  it('says nothing in headers that are empty or not there', () => {
    expect(reportInHeaders({ 'x-spend-hold-id': '', 'x-spend-input-tokens': '' })).toEqual({});
    expect(readReport({})).toMatchObject({ holdId: undefined, end: 'answered', usage: undefined });
  });

  it.each([
    ['answered', { status: 200 }],
    ['answered', {}],
    ['upstream_error', { status: 400 }],
    ['upstream_error', { status: 503, ended: 'answered' }],
    ['interrupted', { status: 499 }],
    ['interrupted', { status: 200, ended: 'interrupted' }],
    ['interrupted', { status: 504, ended: 'interrupted' }],
    ['not_sent', { status: 502, ended: 'not_sent' }],
  ])('tells of a call that is %s: %j', (end, given) => {
    expect(ended(given)).toBe(end);
  });

  it.each([
    [{ input: 10, output: 0 }, { inputTokens: 10 }],
    [
      { input: 10, output: 5 },
      { inputTokens: '10', outputTokens: '5' },
    ],
    [{ input: 10, output: 5, cacheWrite: 4 }, { usage: { input: 10, output: 5, cacheWrite: 4 } }],
    [undefined, { inputTokens: 10, ended: 'interrupted' }],
    [undefined, { outputTokens: 5 }],
    ['absurd', { inputTokens: -1, outputTokens: 5 }],
    ['absurd', { inputTokens: '1e9', outputTokens: 5 }],
    ['absurd', { inputTokens: 1.5, outputTokens: 5 }],
    ['absurd', { usage: { input: 10, output: 5, cachedInput: 11 } }],
    ['absurd', { usage: { input: -10, output: 5 } }],
  ])('has the usage %j: %j', (wanted, given) => {
    expect(usage(given)).toEqual(wanted);
  });

  it.each([
    ['object@', null],
    ['unknown_member@tokens', { tokens: 1 }],
    ['range@status', { status: '200' }],
    ['range@status', { status: 99 }],
    ['one_of@ended', { ended: 'done' }],
    ['not_empty@holdId', { holdId: '' }],
    ['object@usage', { usage: 7 }],
    ['unknown_member@usage.total', { usage: { input: 1, output: 1, total: 2 } }],
    ['one_of@usage', { usage: { input: 1, output: 1 }, inputTokens: 1 }],
  ])('is refused with %s: %j', (fault, given) => {
    expect(faults(given)).toEqual([fault]);
  });

  it('is refused with a status in a header that is no number', () => {
    expect(faults(reportInHeaders({ 'x-spend-status': '-' }))).toEqual(['range@status']);
  });
});
