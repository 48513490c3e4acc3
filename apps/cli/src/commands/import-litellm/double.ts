/** Exact: units of 10^-scale. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const PICO_SCALE = 12;
const DOUBLE = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * Reads a double as Postgres prints it: the shortest decimal that is this double and no other, which is what was meant.
 * @returns undefined for NaN and the infinities
 */
export function readDouble(text: string): Decimal | undefined {
  const match = DOUBLE.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const units = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 };
}

/** Rounds to 10^-12, halves away from zero: of what is spent, half up. */
export function roundToPico({ units, scale }: Decimal): bigint {
  if (scale <= PICO_SCALE) return units * 10n ** BigInt(PICO_SCALE - scale);
  const step = 10n ** BigInt(scale - PICO_SCALE);
  const size = units < 0n ? -units : units;
  const rounded = (2n * size + step) / (2n * step);
  return units < 0n ? -rounded : rounded;
}

/** What rounding has left out, all together and exact: what rows say less what is recorded. */
export class RoundingSum {
  /** As many digits as most sums need; more where a row has more. */
  private scale = 24;
  private units = 0n;

  add(exact: Decimal, pico: bigint): void {
    const scale = Math.max(this.scale, exact.scale);
    const to = (units: bigint, from: number) => units * 10n ** BigInt(scale - from);
    const change = to(exact.units, exact.scale) - to(pico, PICO_SCALE);
    this.units = to(this.units, this.scale) + change;
    this.scale = scale;
  }

  /** Such as `-8423194597000e-24`. */
  print(): string {
    return `${this.units}e-${this.scale}`;
  }
}
