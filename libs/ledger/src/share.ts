import { picoOfDecimal } from './money';
import { parsed, refused, type Parsed } from './result';

const SHARE = /^(?:0\.\d{1,12}|1(?:\.0{1,12})?)$/;
const ONE_PICO = picoOfDecimal('1');
const MOST_SHARES = 20;

/** Reads shares of a limit such as `["0.8","1"]`: each above 0 and at most 1. */
export function parseShares(value: unknown, field: string): Parsed<readonly string[]> {
  if (!Array.isArray(value) || value.length > MOST_SHARES) {
    return refused(field, 'list', `must be a list of at most ${MOST_SHARES} shares`);
  }
  for (const [index, share] of (value as unknown[]).entries()) {
    if (typeof share !== 'string' || !SHARE.test(share) || picoOfDecimal(share) === 0n) {
      return refused(
        `${field}[${index}]`,
        'share',
        'must be a decimal string above 0 and at most 1, such as "0.8"',
      );
    }
  }
  return parsed(value as string[]);
}

/** The largest share that spent has reached, as it was given; `null` for none. */
export function shareReached(
  shares: readonly string[],
  spentPico: bigint,
  limitPico: bigint,
): string | null {
  let largest: { share: string; pico: bigint } | null = null;
  for (const share of shares) {
    const pico = picoOfDecimal(share);
    if (!isReached(pico, spentPico, limitPico)) continue;
    if (!largest || pico > largest.pico) largest = { share, pico };
  }
  return largest?.share ?? null;
}

/** Every share that spent has reached, as they were given: of equal ones the first, as `shareReached` has it. */
export function sharesReached(
  shares: readonly string[],
  spentPico: bigint,
  limitPico: bigint,
): readonly string[] {
  const picos = shares.map(picoOfDecimal);
  return shares.filter(
    (_, n) => isReached(picos[n]!, spentPico, limitPico) && picos.indexOf(picos[n]!) === n,
  );
}

function isReached(sharePico: bigint, spentPico: bigint, limitPico: bigint): boolean {
  return spentPico * ONE_PICO >= limitPico * sharePico;
}
