import fc, { type Arbitrary } from 'fast-check';
import {
  labelsInOrder,
  MOST_LABELS,
  type Account,
  type Budget,
  type Labels,
  type Scope,
  type Spend,
  type Usage,
  targetsOf,
} from '#libs/ledger';
import type { HoldEffect } from '#libs/wire';
import { instants } from './instants';
import { windowRules } from './window-rules';

/** What the ledger is told, as generators: everything they give is valid, and much of it is awkward. */

/** Ids that other notations would stumble over: the separators of accounts, percent signs, slashes, stars. */
export const AWKWARD_IDS: readonly string[] = [
  'auth0|7f3',
  'arn:aws:iam::1:user/bob',
  'josé@x.org',
  '*',
  '**',
  'bob*',
  'a:*',
  'a/*',
  '%',
  '%2A',
  '%2F',
  '%25',
  '%zz',
  '/',
  'a/b',
  '__proto__',
  'constructor',
  '\u{1f4b8}\u200d\u{1f4b8}',
  'e\u0301',
  'a\u00a0\u2028b',
  'x'.repeat(256),
  'é'.repeat(128),
];

const SURROGATES = { first: 0xd800, count: 0x800 };

/** Any character of Unicode. fast-check's `binary`, and its addresses, map all of them backwards as they are made. */
export const characters: Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES.count })
  .map(
    (index) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count),
    (text) => {
      const point = typeof text === 'string' ? text.codePointAt(0) : undefined;
      if (point === undefined || text !== String.fromCodePoint(point))
        throw new Error('no character');
      return point < SURROGATES.first ? point : point - SURROGATES.count;
    },
  );

const idUnits = fc.oneof(
  fc.constantFrom(...'%/*:|@"\\ ._-+&?=#2AF', '\u00a0', '\u2028', 'é', '\u{1f4b8}'),
  characters,
);

/** 1 to 256 bytes of UTF-8, no control characters, no white space at the ends. */
export const ids: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...AWKWARD_IDS),
  fc
    .string({ unit: idUnits, minLength: 1, maxLength: 40 })
    .map((text) => text.replace(/\p{Cc}/gu, '').trim())
    .filter((text) => text !== ''),
);

/** 10^-12 units: the whole range of amounts, and what a call usually costs. */
export const amounts: Arbitrary<bigint> = fc.oneof(
  fc.bigInt(0n, 10n ** 27n - 1n),
  fc.bigInt(0n, 100_000n).map((cents) => cents * 10n ** 10n),
  fc.constantFrom(0n, 1n, 10n ** 12n, 10n ** 27n - 1n),
);

export const scopes: Arbitrary<Scope> = fc.oneof(
  fc.record({ type: fc.constant('key' as const), keyId: ids }),
  fc.record(
    { type: fc.constant('user' as const), userId: ids, keyId: ids },
    { requiredKeys: ['type', 'userId'] },
  ),
  fc.record(
    { type: fc.constant('team' as const), teamId: ids, userId: ids, keyId: ids },
    { requiredKeys: ['type', 'teamId'] },
  ),
);

export const accounts: Arbitrary<Account> = fc.oneof(
  fc.record({ kind: fc.constant('key' as const), keyId: ids }),
  fc.record({ kind: fc.constant('user' as const), userId: ids }),
  fc.record({ kind: fc.constant('team' as const), teamId: ids }),
  fc.record({ kind: fc.constant('member' as const), teamId: ids, userId: ids }),
);

const textUnits = fc.oneof(
  fc.constantFrom(...'"\\/{}:,', '\n', '\t', '\u0001', '\u001f', '\u007f', '\u2028', 'é'),
  characters.filter((char) => char !== '\0'),
);
const texts = fc.string({ unit: textUnits, maxLength: 12 });
const memberNames = fc.oneof(
  texts,
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', '\\', '"', '\\"', ''),
);
/** What a double carries exactly and JSON writes as it was: whole numbers to 2^53, no −0. */
const numbers = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number)),
);
const jsonTree = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(null, true, false),
    numbers.map((number) => number + 0),
    texts,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(memberNames, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

/** A JSON object of at most 8 KiB, with names that a careless reader gets wrong. */
export const metadata: Arbitrary<Record<string, unknown>> = fc
  .dictionary(memberNames, jsonTree.value, { maxKeys: 5, noNullPrototype: true })
  .filter((tree) => Buffer.byteLength(JSON.stringify(tree)) <= 8192);

const labelNames = fc.oneof(
  fc.constantFrom('org', 'project', 'constructor', 'x', `a${'0_.-'.repeat(15)}zz`),
  fc.stringMatching(/^[a-z][a-z0-9_.-]{0,62}$/),
);

/** What calls are for, in the order of the names. */
export const labels: Arbitrary<Labels> = fc
  .uniqueArray(fc.tuple(labelNames, ids), {
    minLength: 1,
    maxLength: MOST_LABELS,
    selector: ([name]) => name,
  })
  .map(labelsInOrder);

const tokens = fc.integer({ min: 0, max: 500_000_000_000 });

/** What a call used, its parts no larger than the whole. */
export const usages: Arbitrary<Usage> = fc
  .record(
    { input: tokens, output: tokens, cachedInput: tokens, cacheWrite: tokens, reasoning: tokens },
    { requiredKeys: ['input', 'output'], noNullPrototype: true },
  )
  .map((given) => ({
    ...given,
    input: Math.max(given.input, (given.cachedInput ?? 0) + (given.cacheWrite ?? 0)),
    output: Math.max(given.output, given.reasoning ?? 0),
  }));

const prices = fc.oneof(
  fc.record({ basis: fc.constantFrom('exact', 'estimated'), amountPico: amounts }),
  fc.record({ basis: fc.constant('unknown' as const) }),
  fc.record({ basis: fc.constantFrom('exact', 'estimated'), usage: usages, model: ids }),
  fc.record({
    basis: fc.constantFrom('exact' as const, 'estimated' as const),
    usage: usages,
    model: ids,
    amountPico: amounts,
    pricedBy: ids,
  }),
);

/** Spends as a record may hold them, in USD; no source is the ledger's own. */
export const spends: Arbitrary<Spend> = fc
  .tuple(
    fc.record(
      {
        source: ids,
        id: ids,
        time: instants,
        scope: scopes,
        currency: fc.constant('USD'),
        requestId: ids,
        holdId: ids,
        model: ids,
        labels,
        metadata,
      },
      { requiredKeys: ['source', 'id', 'time', 'scope', 'currency'] },
    ),
    prices,
  )
  .map(([rest, price]) => ({ ...rest, ...price }));

/** What may have become of the hold that a spend names. */
export const holdOutcomes: Arbitrary<HoldEffect> = fc.constantFrom(
  'settled',
  'ended',
  'foreign',
  'unknown',
);

const extensionTexts = fc.string({ unit: 'grapheme-composite', maxLength: 20 });
const addresses = fc
  .tuple(fc.domain(), extensionTexts, extensionTexts, extensionTexts)
  .map(([host, ...texts]) => {
    const [path, query, fragment] = texts.map(encodeURIComponent);
    return `https://${host}/${path}?${query}#${fragment}`;
  });

/** CloudEvents extensions (and optional attributes) as they travel with a spend. */
export const extensions: Arbitrary<Record<string, string>> = fc
  .record(
    {
      subject: extensionTexts.filter((text) => text !== ''),
      dataschema: addresses,
      traceparent: extensionTexts,
      tracestate: extensionTexts,
      constructor: extensionTexts,
      x1: extensionTexts,
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map((given) => ({ ...given }));

export const budgets: Arbitrary<Budget> = fc.record(
  {
    budgetId: fc.stringMatching(/^[A-Za-z0-9._~:@-]{1,128}$/),
    account: accounts.chain((account) => fc.constantFrom(...targetsOf(account))),
    limitPico: fc.option(amounts),
    window: windowRules,
    warnAt: fc.subarray(['0.000000000001', '0.5', '0.80', '1', '1.000']),
    enforce: fc.boolean(),
    outage: fc.constantFrom('closed' as const, 'open' as const),
    validUntil: instants,
  },
  {
    requiredKeys: ['budgetId', 'account', 'limitPico', 'window', 'warnAt', 'enforce', 'outage'],
  },
);
