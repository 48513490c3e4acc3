import { AWKWARD_IDS } from '#libs/testing';
import { isSecret, memberPath, redactSecrets, secretFaults } from './secret';

const KEY = 'sk-abcdefghijklmnop';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl';
const A = (length: number) => 'A1b2'.repeat(10).slice(0, length);
const SECRETS: readonly string[] = [
  KEY,
  `sk-proj-${A(20)}_${A(20)}`,
  `sk-${'x'.repeat(60_000)}`,
  `AKIA${'0A'.repeat(8)}`,
  `ASIA${'0A'.repeat(8)}`,
  ...['p', 'o', 'u', 's', 'r'].map((kind) => `gh${kind}_${A(36)}`),
  `github_pat_${A(22)}`,
  `glpat-${A(20)}`,
  `AIza${A(35)}`,
  ...['a', 'b', 'e', 'o', 'p', 'r', 's'].map((kind) => `xox${kind}-${A(10)}`),
  `hf_${A(30)}`,
  `slt_${A(40)}`,
  TOKEN,
  'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.',
];
const ORDINARY: readonly string[] = [
  ...AWKWARD_IDS,
  'sk-short',
  'sk-abcdefghijklmno',
  'sk-with spaces in it, not a key',
  'SK-ABCDEFGHIJKLMNOP',
  'my-sk-abcdefghijklmnop',
  'task-abcdefghijklmnopqrst',
  '4a44dc15364204a80fe80e9039455cc1608281820fe2b24f1e5233ade6af1dd5',
  '018f3f5e-7b1a-7c3e-9a55-0123456789ab',
  'key:auth0|7f3',
  'member:ml/alice',
  'user:sk-short',
  'eyJhbGciOiJIUzI1NiJ9',
  'gpt-5-2026-04-27-preview-long-model-name',
];

const OVERCAUTIOUS = ['my-sk-abcdefghijklmnop', 'eyJhbGciOiJIUzI1NiJ9'];

describe('a secret', () => {
  it.each(SECRETS.map((secret) => [secret.slice(0, 60), secret]))(
    'is known by its form: %s',
    (_shown, secret) => {
      expect(isSecret(secret)).toBe(true);
    },
  );

  it.each(ORDINARY)('is not seen in an ordinary id: %s', (id) => {
    expect(isSecret(id)).toBe(false);
  });

  it.each([
    `key:${KEY}`,
    `user:${KEY}`,
    `team:${TOKEN}`,
    `member:ml/${KEY}`,
    `member:${KEY}/alice`,
    `member:${KEY}/*`,
    'user:sk%2Dabcdefghijklmnop',
    'user:%73k-abcdefghijklmnop',
    `user:${KEY}/%zz`,
  ])('is seen in an account string: %s', (account) => {
    expect(isSecret(account)).toBe(true);
  });

  it('is seen at any length, and a search for it ends', () => {
    expect(isSecret(`sk-${'a'.repeat(10_000_000)}`)).toBe(true);
    expect(isSecret(`${'-eyJ'.repeat(2_500_000)}`)).toBe(false);
  });
});

describe('redaction', () => {
  it.each([
    [`key ${KEY} is not known`, 'key (secret) is not known'],
    [`"${KEY}","${TOKEN}"`, '"(secret)","(secret)"'],
    [`/v1/balances?account=user:${KEY}&x=1`, '/v1/balances?account=user:(secret)&x=1'],
    [`/v1/balances?account=user%3A${KEY}`, '/v1/balances?account=user%3A(secret)'],
    [`Authorization: Bearer ${TOKEN}`, 'Authorization: Bearer (secret)'],
    ['user:sk%2Dabcdefghijklmnop', '(secret)'],
    ['a task-abcdefghijklmnopqrst is none', 'a task-abcdefghijklmnopqrst is none'],
    ['short', 'short'],
    ['', ''],
  ])('of %s is %s', (text, shown) => {
    expect(redactSecrets(text)).toBe(shown);
  });

  it.each(SECRETS.map((secret) => [secret.slice(0, 60), secret]))(
    'leaves nothing of %s',
    (_shown, secret) => {
      expect(redactSecrets(secret)).toBe('(secret)');
      expect(redactSecrets(`before ${secret} after`)).toBe('before (secret) after');
    },
  );

  it.each(ORDINARY.filter((id) => !OVERCAUTIOUS.includes(id)))('leaves %s as it is', (id) => {
    expect(redactSecrets(id)).toBe(id);
  });

  it.each(OVERCAUTIOUS)('would rather blank out too much: %s', (id) => {
    expect(redactSecrets(id)).toMatch(/\(secret\)$/);
  });

  it('ends on texts made to keep it busy', () => {
    expect(redactSecrets('-eyJ'.repeat(16_000))).toMatch(/^-\(secret\)$/);
    expect(redactSecrets(`sk-${'a'.repeat(10_000_000)}`)).toBe('(secret)…');
    expect(redactSecrets('x '.repeat(5_000_000))).toHaveLength(64 * 1024 + 1);
  });
});

describe('the faults of a tree', () => {
  it('name each place that holds a secret, and never the secret', () => {
    const tree = {
      id: KEY,
      data: { scope: { type: 'user', userId: `user:${KEY}` }, list: ['fine', [TOKEN]] },
      [KEY]: 1,
      'user:sk%2Dabcdefghijklmnop': { deeper: 'fine' },
      fine: 'auth0|7f3',
    };
    const faults = secretFaults(tree, 'event');
    expect(faults.map(({ field }) => field)).toEqual([
      'event.id',
      'event.data.scope.userId',
      'event.data.list[1][0]',
      'event.(secret)',
      'event.(secret)',
    ]);
    expect(new Set(faults.map(({ rule }) => rule))).toEqual(new Set(['secret']));
    const told = JSON.stringify(faults);
    for (const secret of [KEY, TOKEN, 'sk%2Dabc']) expect(told).not.toContain(secret);
  });

  it.each([null, undefined, 1, true, 'auth0|7f3', [], {}, { a: [null, { b: 2 }] }])(
    'are none in %p',
    (tree) => {
      expect(secretFaults(tree, '')).toEqual([]);
    },
  );
});

describe('the path of a member', () => {
  it('is bounded, well-formed and without secrets', () => {
    expect(memberPath('data', 'tier')).toBe('data.tier');
    expect(memberPath('', 'tier')).toBe('tier');
    expect(memberPath('data', KEY)).toBe('data.(secret)');
    expect(memberPath('data', 'sk%2Dabcdefghijklmnop')).toBe('data.sk%2Dabcdefghijklmnop');
    expect(memberPath('data', 'team:sk%2Dabcdefghijklmnop')).toBe('data.(secret)');
    expect(memberPath('', 'x'.repeat(1_000_000))).toBe('x'.repeat(128));
    expect(memberPath('', '\ud800x')).toBe('\ufffdx');
    expect(memberPath('', `${'x'.repeat(127)}\u{1f4b8}`)).toBe(`${'x'.repeat(127)}\ufffd`);
    expect(memberPath('', `${'x'.repeat(120)} ${KEY}`)).not.toContain('sk-');
  });
});
