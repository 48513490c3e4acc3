import { type Redact } from '../redact';
import { pathOf, type Place } from './fault-path';
import { endOfString } from './scan-json';

/**
 * The paths of members that stand twice in one object, each once, at most `limit` of them.
 * The text must be valid JSON: it was parsed, and found to have lost members.
 */
export function duplicateMembers(text: string, limit: number, redact: Redact): string[] {
  const found = new Set<string>();
  let open: Container | undefined;
  for (let i = 0; i < text.length && found.size < limit; i += 1) {
    const char = text[i];
    if (char === '"') {
      const end = endOfString(text, i);
      if (open?.expectsName === true) {
        const name = JSON.parse(text.slice(i, end + 1)) as string;
        open.step = name;
        open.expectsName = false;
        if (open.names.has(name)) found.add(pathOf(placeIn(open), redact));
        open.names.add(name);
      }
      i = end;
    } else if (char === '{' || char === '[') {
      open = openContainer(open, char === '{');
    } else if (char === '}' || char === ']') {
      open = open?.outer;
    } else if (char === ',' && open !== undefined) {
      if (open.isObject) open.expectsName = true;
      else open.step = Number(open.step) + 1;
    }
  }
  return [...found];
}

interface Container {
  readonly outer: Container | undefined;
  readonly place: Place | undefined;
  readonly isObject: boolean;
  readonly names: Set<string>;
  step: string | number;
  expectsName: boolean;
}

const openContainer = (outer: Container | undefined, isObject: boolean): Container => ({
  outer,
  place: outer === undefined ? undefined : placeIn(outer),
  isObject,
  names: new Set(),
  step: isObject ? '' : 0,
  expectsName: isObject,
});

const placeIn = (container: Container): Place => ({
  parent: container.place,
  step: container.step,
});
