import { createHash } from 'node:crypto';
import { parsed, refused, type Parsed } from '#libs/ledger';
import type { CallFacts } from './call-facts';
import type { BodyValues } from './scan-body';

/** Where a value of a call comes from, such as `header:authorization | bearer | sha256?`. */
export interface Source {
  /** As the file has it. */
  readonly text: string;
  readonly from: SourceKind;
  /** Of the header, the context or the descriptor; the metadata's namespace; the constant itself. */
  readonly name: string;
  /** Inside the metadata or the body. */
  readonly path: readonly string[];
  readonly transforms: readonly Transform[];
  /** The value may be missing. */
  readonly isOptional: boolean;
}

type SourceKind = 'header' | 'context' | 'metadata' | 'descriptor' | 'body' | 'const';
type Transform = keyof typeof TRANSFORMS;

/** `undefined`: the value is not there in this form. */
const TRANSFORMS = {
  bearer: (value: string) => /^Bearer +(\S.*)$/i.exec(value)?.[1],
  sha256: (value: string) => createHash('sha256').update(value).digest('hex'),
  lower: (value: string) => value.toLowerCase(),
} as const satisfies Record<string, (value: string) => string | undefined>;

/** Where Envoy's filter for tokens leaves their claims. */
const CLAIMS = 'envoy.filters.http.jwt_authn';
const FORM =
  'must be header:<name>, context:<name>, metadata:<namespace>#<path>, claim:<path>, descriptor:<name>, body:<path> or const:<value>';

/** Reads a source with its transforms; a `?` at the end says that it may be missing. */
export function parseSource(value: unknown, field: string): Parsed<Source> {
  if (typeof value !== 'string') return refused(field, 'source', FORM);
  const text = value.trim();
  const isOptional = text.endsWith('?');
  const [place = '', ...transforms] = (isOptional ? text.slice(0, -1) : text)
    .split('|')
    .map((part) => part.trim());
  const unknown = transforms.find((name) => !Object.hasOwn(TRANSFORMS, name));
  if (unknown !== undefined) {
    return refused(field, 'transform', 'may have the transforms bearer, sha256 and lower');
  }
  const found = placeOf(place);
  if (found === undefined) return refused(field, 'source', FORM);
  return parsed({ text, ...found, transforms: transforms as Transform[], isOptional });
}

/** @returns `undefined`: it is not there; an empty text is there */
export function readSource(
  { from, name, path, transforms }: Source,
  facts: CallFacts,
  body: BodyValues,
): string | undefined {
  let value = textOf(valueAt(from, name, path, facts, body));
  for (const transform of transforms) {
    if (value === undefined) return undefined;
    value = TRANSFORMS[transform](value);
  }
  return value;
}

function placeOf(place: string): Pick<Source, 'from' | 'name' | 'path'> | undefined {
  const colon = place.indexOf(':');
  const rest = place.slice(colon + 1);
  if (colon < 0 || rest === '') return undefined;
  switch (place.slice(0, colon)) {
    case 'header':
      return { from: 'header', name: rest.toLowerCase(), path: [] };
    case 'context':
      return { from: 'context', name: rest, path: [] };
    case 'descriptor':
      return { from: 'descriptor', name: rest, path: [] };
    case 'const':
      return { from: 'const', name: rest, path: [] };
    case 'claim':
      return withPath('metadata', CLAIMS, rest);
    case 'body':
      return withPath('body', '', rest);
    case 'metadata': {
      const hash = rest.indexOf('#');
      return hash <= 0
        ? undefined
        : withPath('metadata', rest.slice(0, hash), rest.slice(hash + 1));
    }
    default:
      return undefined;
  }
}

function withPath(
  from: SourceKind,
  name: string,
  dotted: string,
): Pick<Source, 'from' | 'name' | 'path'> | undefined {
  const path = dotted.split('.');
  return path.includes('') ? undefined : { from, name, path };
}

function valueAt(
  from: SourceKind,
  name: string,
  path: readonly string[],
  facts: CallFacts,
  body: BodyValues,
): unknown {
  switch (from) {
    case 'header':
      return facts.header(name);
    case 'context':
      return facts.context(name);
    case 'descriptor':
      return facts.descriptor(name);
    case 'metadata':
      return facts.metadata(name, path);
    case 'body':
      return body(path);
    case 'const':
      return name;
  }
}

/** An id may be a number in a claim or a body; nothing else is a text. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}
