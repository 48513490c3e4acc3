import fc from 'fast-check';
import { formatInstant, type Parsed } from '#libs/ledger';
import { extensions, propertyOptions, spends } from '#libs/testing';
import { readStructuredEvent } from './cloud-event';
import { spendData } from './content-hash';
import { parseReportedSpend } from './parse-reported';

const SECRETS = [
  'sk-abcdefghijklmnop',
  'sk-proj-A1b2C3d4E5f6G7h8_I9j0-K1l2',
  'AKIA0A0A0A0A0A0A0A0A',
  'ghp_A1b2A1b2A1b2A1b2A1b2A1b2A1b2A1b2A1b2',
  'AIzaA1b2A1b2A1b2A1b2A1b2A1b2A1b2A1b2A1b',
  'xoxb-1234567890-abcdef',
  'hf_A1b2A1b2A1b2A1b2A1b2A1b2A1b2A1b2',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl',
];
/** As it is, or as the id in an account string. */
const secrets = fc
  .tuple(
    fc.constantFrom(...SECRETS),
    fc.constantFrom('', 'user:', 'key:', 'member:ml/'),
    fc.boolean(),
  )
  .map(([secret, account, isEscaped]) => {
    // Escaped, a secret is one only as part of an account string.
    const id = isEscaped && account !== '' ? secret.replace(/[-_.A]/, percentEscape) : secret;
    return { planted: `${account}${id}`, never: [secret, id] };
  });

function percentEscape(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

type Tree = Record<string, unknown>;

const documents = fc.tuple(spends, extensions).map(([spend, attributes]): Tree => ({
  ...attributes,
  specversion: '1.0',
  id: spend.id,
  source: spend.source,
  type: 'spendledger.spend.recorded.v1',
  time: formatInstant(spend.time),
  data: structuredClone(spendData(spend)),
}));

/** Every object and list in a tree, itself among them. */
function containersOf(tree: object): (Tree | unknown[])[] {
  const inside = Object.values(tree).filter(
    (value): value is object => typeof value === 'object' && value !== null,
  );
  return [tree as Tree, ...inside.flatMap(containersOf)];
}

/** Puts a secret somewhere: in the place of a value, beside the others, or as a name. */
function plant(tree: Tree, secret: string, at: { where: number; member: number; how: string }) {
  const containers = containersOf(tree);
  const container = containers[at.where % containers.length]!;
  if (Array.isArray(container)) {
    container.splice(at.member % (container.length + 1), 0, secret);
    return;
  }
  const names = Object.keys(container);
  const name = names[at.member % Math.max(names.length, 1)];
  if (at.how === 'as a name' || name === undefined) put(container, secret, 1);
  else if (at.how === 'as a value') put(container, name, secret);
  else put(container, 'added', [{ deep: secret }]);
}

/** Not an assignment, which would take `__proto__` for the prototype. */
function put(container: Tree, name: string, value: unknown): void {
  const property = { value, enumerable: true, configurable: true, writable: true };
  Object.defineProperty(container, name, property);
}

function parse(document: unknown): Parsed<unknown> {
  const event = readStructuredEvent(document);
  if (!event.ok) return event;
  return parseReportedSpend(event.value, { currency: 'USD', now: 2n ** 62n });
}

const places = fc.record({
  where: fc.nat(),
  member: fc.nat(),
  how: fc.constantFrom('as a name', 'as a value', 'in a tree'),
});

describe('a secret, wherever it was put', () => {
  it('is refused as a secret, and no answer repeats it', () => {
    fc.assert(
      fc.property(documents, secrets, places, (document, { planted, never }, place) => {
        plant(document, planted, place);
        const result = parse(document);
        if (result.ok) throw new Error('a secret was accepted');
        expect(result.errors.map(({ rule }) => rule)).toContain('secret');
        const told = JSON.stringify(result);
        for (const text of never) expect(told).not.toContain(text);
      }),
      propertyOptions(300),
    );
  });

  it('is not repeated either when the event is wrong in other ways too', () => {
    const wrong = fc.dictionary(
      fc.constantFrom('id', 'source', 'type', 'time', 'specversion', 'data', 'strange Name'),
      fc.jsonValue(),
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(documents, wrong, secrets, places, (document, faults, secret, place) => {
        const event = { ...document, ...structuredClone(faults) };
        plant(event, secret.planted, place);
        const told = JSON.stringify(parse(event));
        for (const text of secret.never) expect(told).not.toContain(text);
      }),
      propertyOptions(300),
    );
  });

  it('is what is refused: without one the same events are accepted', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(parse(document).ok).toBe(true);
      }),
      propertyOptions(),
    );
  });
});
