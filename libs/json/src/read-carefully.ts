import { pathOf, type Place } from './fault-path';
import { MAX_FAULTS, type Redact } from './faults';
import { endOfString } from './scan-json';

export interface CarefulReading {
  readonly value: unknown;
  /** The paths of members that stand twice in one object. */
  readonly duplicates: readonly string[];
  /** How many members stand twice beside these. */
  readonly more: number;
}

/**
 * Builds the tree of a text that is known to be valid JSON, slower than the engine, for the two
 * things JSON.parse does not do: it tells which members stand twice, and it gets every name right.
 * (V8 may take an escaped name for another one that an earlier text had in its place: after
 * `{"\\":0}`, the name in `{"\"":0}` can come out as a backslash; nodejs/node#63785.)
 * Nothing here calls itself, so depth costs memory, never the stack.
 */
export function readCarefully(text: string, redact: Redact): CarefulReading {
  const root: unknown[] = [];
  const duplicates = new Set<string>();
  let more = 0;
  let open: Container = { outer: undefined, place: undefined, target: root, name: undefined };
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i]!;
    if (char === '"') {
      const end = endOfString(text, i);
      const string = JSON.parse(text.slice(i, end + 1)) as string;
      i = end;
      if (Array.isArray(open.target) || open.name !== undefined) {
        put(open, string);
      } else {
        open.name = string;
        if (Object.hasOwn(open.target, string)) {
          if (duplicates.size < MAX_FAULTS) duplicates.add(pathOf(placeIn(open), redact));
          else more += 1;
        }
      }
    } else if (char === '{' || char === '[') {
      const target = char === '[' ? [] : {};
      const place = open.outer === undefined ? undefined : placeIn(open);
      put(open, target);
      open = { outer: open, place, target, name: undefined };
    } else if (char === '}' || char === ']') {
      open = open.outer ?? open;
    } else if (!BETWEEN.includes(char)) {
      const end = endOfScalar(text, i);
      put(open, JSON.parse(text.slice(i, end)));
      i = end - 1;
    }
  }
  return { value: root[0], duplicates: [...duplicates], more };
}

interface Container {
  readonly outer: Container | undefined;
  readonly place: Place | undefined;
  readonly target: object;
  /** The member whose value comes next; undefined when a name comes next. */
  name: string | undefined;
}

const BETWEEN = ' \t\n\r,:';

function put(open: Container, value: unknown): void {
  if (Array.isArray(open.target)) {
    open.target.push(value);
    return;
  }
  // Not an assignment, which would take `__proto__` for the prototype.
  Object.defineProperty(open.target, open.name ?? '', {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
  open.name = undefined;
}

const placeIn = ({ target, place, name }: Container): Place => ({
  parent: place,
  step: Array.isArray(target) ? target.length : (name ?? ''),
});

function endOfScalar(text: string, start: number): number {
  let end = start;
  while (end < text.length && !AFTER_SCALAR.includes(text[end]!)) end += 1;
  return end;
}

const AFTER_SCALAR = ' \t\n\r,]}';
