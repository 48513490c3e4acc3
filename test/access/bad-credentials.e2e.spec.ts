import { randomBytes } from 'node:crypto';
import { createTestDatabase, LedgerProcess, type TestDatabase } from '#libs/testing';
import { speak } from '../e2e/support/bare-http';
import { expectProblem } from '../e2e/support/expect-problem';
import { keepToken } from './support/credentials';

const BODY = JSON.stringify({ scope: { type: 'user', userId: 'alice' } });

describe('a credential that is none', () => {
  let db: TestDatabase;
  let other: TestDatabase;
  let ledger: LedgerProcess;
  let good: string;
  let ofOther: string;

  beforeAll(async () => {
    [db, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
    good = await keepToken(db.database, 'good', ['check']);
    ofOther = await keepToken(other.database, 'good', ['check']);
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
    await other.drop();
  });

  async function check(...headers: string[]) {
    const [answer] = await speak(
      ledger.httpUrl,
      [
        'POST /v1/check HTTP/1.1',
        'host: localhost',
        'connection: close',
        'content-type: application/json',
        `content-length: ${BODY.length}`,
        ...headers,
        '',
        BODY,
      ].join('\r\n'),
    );
    return answer!;
  }

  it.each<[string, (token: string) => string[]]>([
    ['as it should be', (token) => [`Authorization: Bearer ${token}`]],
    ['with a header in another case', (token) => [`AUTHORIZATION: Bearer ${token}`]],
    ['with a scheme in small letters', (token) => [`authorization: bearer ${token}`]],
    ['with space around it', (token) => [`authorization: \t Bearer ${token} \t`]],
  ])('is not one that is sent %s', async (_how, headers) => {
    expect(await check(...headers(good))).toMatchObject({ status: 200 });
  });

  it.each<[string, (token: string) => string[]]>([
    ['no header', () => []],
    ['an empty header', () => ['authorization:']],
    ['the scheme alone', () => ['authorization: Bearer']],
    ['the token alone', (token) => [`authorization: ${token}`]],
    ['another scheme', (token) => [`authorization: Basic ${token}`]],
    ['a scheme in mixed case', (token) => [`authorization: bEaReR ${token}`]],
    ['a tab behind the scheme', (token) => [`authorization: Bearer\t${token}`]],
    ['two spaces behind the scheme', (token) => [`authorization: Bearer  ${token}`]],
    ['something behind the token', (token) => [`authorization: Bearer ${token} x`]],
    ['two tokens', (token) => [`authorization: Bearer ${token}, Bearer ${token}`]],
    [
      'the header twice',
      (token) => [`authorization: Bearer ${token}`, `authorization: Bearer ${token}`],
    ],
    [
      'the header twice, once in another case',
      (token) => [`authorization: Bearer ${token}`, `AuthorizatioN: Basic x`],
    ],
    ['a truncated token', (token) => [`authorization: Bearer ${token.slice(0, -1)}`]],
    ['a lengthened token', (token) => [`authorization: Bearer ${token}A`]],
    ['a token with another last letter', (token) => [`authorization: Bearer ${flipped(token)}`]],
    ['a token in capitals', (token) => [`authorization: Bearer ${token.toUpperCase()}`]],
    ['a token nobody made', () => [`authorization: Bearer ${nobodys()}`]],
    ['another ledger’s token', () => [`authorization: Bearer ${ofOther}`]],
    ['the token of a proxy', (token) => [`proxy-authorization: Bearer ${token}`]],
    ['a token in the query', (token) => [`x-token: ${token}`]],
    ['binary', () => [`authorization: Bearer \x80\xff`]],
    ['a very long one', () => [`authorization: Bearer slt_${'a'.repeat(10_000)}`]],
  ])('is refused, and nobody is let in as anonymous: %s', async (_what, headers) => {
    const answer = await check(...headers(good));
    expectProblem(answer, 401, 'unauthenticated', []);
    expect(JSON.stringify(answer.body)).not.toContain(good.slice(4, -1));
  });

  it('is counted', async () => {
    await check(`authorization: Bearer ${nobodys()}`);
    const ops = await keepToken(db.database, 'ops', ['ops']);
    const scrape = await fetch(`${ledger.httpUrl}/metrics`, {
      headers: { authorization: `Bearer ${ops}` },
    });
    const metrics = await scrape.text();
    const counted = (reason: string) =>
      Number(new RegExp(`access_refusals_total\\{reason="${reason}"\\} (\\d+)`).exec(metrics)?.[1]);
    for (const reason of ['missing', 'malformed', 'unknown']) {
      expect([reason, counted(reason) > 0]).toEqual([reason, true]);
    }
  });
});

const nobodys = (): string => `slt_${randomBytes(32).toString('base64url')}`;

/** In the last letter of 43 only four bits count: one is taken that differs in those. */
function flipped(token: string): string {
  return `${token.slice(0, -2)}${token.at(-2) === 'A' ? 'B' : 'A'}${token.at(-1)!}`;
}
