import { pathOf, type Place } from './fault-path';
import { MAX_FAULTS, withMore, type FieldFault, type Redact } from './faults';

export interface TreeLimits {
  /** Containers inside each other; a lone object or array is 1 deep. */
  readonly maxDepth: number;
  /** Paths quote member names, which a stranger chose. */
  readonly redact: Redact;
}

/**
 * What no tree of ours may hold, wherever it came from: U+0000 and lone
 * surrogates in strings and names, numbers that a double does not carry exactly, endless nesting.
 */
export function checkJsonTree(value: unknown, limits: TreeLimits): FieldFault[] {
  return walkJsonTree(value, limits).faults;
}

/** As checkJsonTree, and counts the members of all objects together. */
export function walkJsonTree(root: unknown, limits: TreeLimits): TreeWalk {
  const walk = new Walk(limits);
  walk.look(root, undefined, undefined, 0);
  // A list that grows instead of a function that calls itself: depth costs memory, never the stack.
  for (let i = 0; i < walk.pending.length; i += 1) {
    const { value, place, depth } = walk.pending[i]!;
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at += 1) walk.look(value[at], place, at, depth);
    } else {
      for (const name of Object.keys(value)) {
        walk.lookAtName(name, place);
        walk.look((value as Record<string, unknown>)[name], place, name, depth);
      }
    }
  }
  return { faults: withMore(walk.faults, walk.more), members: walk.members };
}

/** The fault of a nesting that is too deep; its field is the whole, for the path would be endless. */
export const depthFault = (maxDepth: number): FieldFault => ({
  field: '',
  rule: 'depth',
  message: `is nested deeper than ${maxDepth} levels`,
});

interface TreeWalk {
  readonly faults: FieldFault[];
  readonly members: number;
}

interface Branch {
  readonly value: object;
  readonly place: Place | undefined;
  readonly depth: number;
}

class Walk {
  readonly faults: FieldFault[] = [];
  readonly pending: Branch[] = [];
  members = 0;
  more = 0;
  private foundDepth = false;

  constructor(private readonly limits: TreeLimits) {}

  look(
    value: unknown,
    parent: Place | undefined,
    step: string | number | undefined,
    depth: number,
  ): void {
    if (typeof value === 'object' && value !== null) {
      if (depth < this.limits.maxDepth) {
        const place = step === undefined ? undefined : { parent, step };
        this.pending.push({ value, place, depth: depth + 1 });
      } else if (!this.foundDepth) {
        this.foundDepth = true;
        this.add(() => depthFault(this.limits.maxDepth));
      }
      return;
    }
    const fault = faultOfScalar(value);
    if (fault === undefined) return;
    this.report(fault, step === undefined ? undefined : { parent, step });
  }

  lookAtName(name: string, parent: Place | undefined): void {
    this.members += 1;
    if (!isWellFormed(name)) this.report(NAME_FAULT, { parent, step: name });
  }

  private report(fault: ScalarFault, place: Place | undefined): void {
    this.add(() => ({ field: pathOf(place, this.limits.redact), ...fault }));
  }

  private add(fault: () => FieldFault): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push(fault());
    else this.more += 1;
  }
}

type ScalarFault = Pick<FieldFault, 'rule' | 'message'>;

const TEXT_FAULT: ScalarFault = {
  rule: 'well_formed',
  message: 'holds U+0000 or half of a surrogate pair',
};
const NAME_FAULT: ScalarFault = {
  rule: 'well_formed',
  message: 'has a name with U+0000 or half of a surrogate pair',
};
const NUMBER_FAULT: ScalarFault = {
  rule: 'number',
  message: 'is a number that is not finite, or a whole number beyond 2^53 - 1',
};
const TYPE_FAULT: ScalarFault = { rule: 'json', message: 'is not a JSON value' };

function faultOfScalar(value: unknown): ScalarFault | undefined {
  switch (typeof value) {
    case 'string':
      return isWellFormed(value) ? undefined : TEXT_FAULT;
    case 'number':
      return isExact(value) ? undefined : NUMBER_FAULT;
    case 'boolean':
      return undefined;
    default:
      return value === null ? undefined : TYPE_FAULT;
  }
}

const isWellFormed = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const isExact = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
