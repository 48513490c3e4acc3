import { refusalOf, SQLSTATE_CLASSES } from './postgres-refusals';
import { problemFor } from './to-problem';

const silent = { error: () => undefined };
/** As node-postgres rejects. */
const failure = (code: string, severity = 'ERROR') =>
  Object.assign(new Error(`what Postgres says of ${code}`), { code, severity });
const answerTo = (error: unknown) => problemFor(error, silent).code;

/** Appendix A of Postgres' manual (versions 15 to 18), by class. */
const CLASSES =
  `00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44
  53 54 55 57 58 72 F0 HV P0 XX`.split(/\s+/);
const REFUSING = '08 26 28 3D 40 53 55 57 58 72 F0 XX'.split(' ');

/** What is refused though its class is a bug of ours, and the other way round. */
const REFUSED = '25006 25P03 25P04 42501 42P05'.split(' ');
const BUGS = '55P02 55P04'.split(' ');

describe('what Postgres says, as an answer', () => {
  it('knows every class of the manual', () => {
    expect([...SQLSTATE_CLASSES].sort()).toEqual([...CLASSES].sort());
  });

  it.each(CLASSES)('of class %s', (sqlClass) => {
    const isRefusal = REFUSING.includes(sqlClass);
    for (const code of [`${sqlClass}000`, `${sqlClass}P99`, `${sqlClass}A1Z`]) {
      expect([code, answerTo(failure(code))]).toEqual([
        code,
        isRefusal ? 'unavailable' : 'internal',
      ]);
      expect(refusalOf(code) !== undefined).toBe(isRefusal);
    }
  });

  it.each(REFUSED)('%s is a refusal, whatever its class is', (code) => {
    expect(answerTo(failure(code))).toBe('unavailable');
  });

  it.each(BUGS)('%s is a bug of ours, whatever its class is', (code) => {
    expect(answerTo(failure(code))).toBe('internal');
  });

  it('names the reason, and quotes nothing of Postgres', () => {
    const problem = problemFor(failure('53100'), silent);
    expect(problem).toMatchObject({
      detail:
        'The ledger cannot answer now: the disk of Postgres is full. Send the same again later.',
      retryAfterSeconds: 1,
    });
  });

  it('takes every end of a session for a refusal: poolers and forks have codes of their own', () => {
    for (const code of ['0A000', '22023', 'P0001', '']) {
      expect(answerTo(failure(code, 'FATAL'))).toBe('unavailable');
      expect(answerTo(failure(code, 'PANIC'))).toBe('unavailable');
      expect(answerTo(failure(code))).toBe('internal');
    }
  });

  it.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ECONNREFUSED', 'EAI_NONAME'])(
    'the code %s of a connection is a refusal',
    (code) => {
      expect(answerTo(failure(code))).toBe('unavailable');
      expect(answerTo(new AggregateError([failure('x'), failure(code)]))).toBe('unavailable');
    },
  );

  it.each([
    'Connection terminated unexpectedly',
    'timeout expired',
    'timeout exceeded when trying to connect',
    'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string',
  ])('node-postgres says without a code: %s', (message) => {
    expect(answerTo(new Error(message))).toBe('unavailable');
  });

  it('nothing else is', () => {
    for (const bug of [
      new Error('boom'),
      new TypeError('x'),
      failure('ERR_ASSERTION'),
      'text',
      null,
    ]) {
      expect(answerTo(bug)).toBe('internal');
    }
  });
});
