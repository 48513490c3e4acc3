import {
  eachNamedWindowFrom,
  parsed,
  refused,
  type Instant,
  type Parsed,
  type Window,
} from '#libs/ledger';

/** How long the points of a series are. */
export const STEPS = ['PT15M', 'PT1H', 'P1D', 'P1M'] as const;
export type Step = (typeof STEPS)[number];

const MICROS: Readonly<Partial<Record<Step, bigint>>> = {
  PT15M: 900_000_000n,
  PT1H: 3_600_000_000n,
};

export function parseStep(value: unknown, field: string): Parsed<Step> {
  const step = STEPS.find((known) => known === value);
  return step === undefined
    ? refused(field, 'one_of', `must be one of ${STEPS.join(', ')}`)
    : parsed(step);
}

/**
 * The steps of a zone from the one that holds `from` up to the one that begins at `to`, which is left out. Hours and
 * quarters are counted from the start of their day, so that a day of a clock change has more of them, or fewer.
 * @returns `undefined`: more than `most`
 */
export function stepsBetween(
  { step, zone, from, to }: { step: Step; zone: string; from: Instant; to: Instant },
  most: number,
): Window[] | undefined {
  const steps: Window[] = [];
  for (const { window } of eachNamedWindowFrom(step === 'P1M' ? 'month' : 'day', zone, from)) {
    if (window.start !== null && window.start >= to) break;
    for (const part of partsOf(window, MICROS[step])) {
      if (part.end !== null && part.end <= from) continue;
      if (part.start !== null && part.start >= to) break;
      if (steps.length >= most) return undefined;
      steps.push(part);
    }
  }
  return steps;
}

function* partsOf(window: Window, micros: bigint | undefined): Generator<Window, void> {
  const { start, end } = window;
  if (micros === undefined || start === null || end === null) {
    yield window;
    return;
  }
  for (let at = start; at < end; at += micros) {
    yield { start: at, end: at + micros < end ? at + micros : end };
  }
}
