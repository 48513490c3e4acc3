/** An amount that prints itself in full, as those of decimal.js, big.js and bignumber.js do. */
export interface DecimalLike {
  toFixed(digits?: number): string;
  /** A number has none, so that the compiler refuses it, too. */
  plus(other: never): unknown;
}

/** A decimal string, such as '0.0123'. Never a number: a float is not the amount that was meant. */
export type Money = string | DecimalLike;

const MONEY = /^(0|[1-9]\d{0,14})(\.\d{1,12})?$/;
/** The ledger keeps so many digits after the point. */
const DIGITS = 12;

/** @internal @throws TypeError for a number, or whatever else is no decimal */
export function printMoney(amount: Money, name: string): string {
  if (typeof amount === 'string') return amount;
  if (!isDecimal(amount)) {
    const given = amount === null ? 'null' : typeof amount;
    throw new TypeError(
      `${name} must be a decimal string such as '0.0123', or a Decimal; it is a ${given}. Print a number as a string first.`,
    );
  }
  const printed = amount.toFixed();
  const point = printed.indexOf('.');
  return point >= 0 && printed.length - point - 1 > DIGITS ? amount.toFixed(DIGITS) : printed;
}

/** @internal As `printMoney`, for amounts that nobody could be asked about later. @throws TypeError */
export function printExactMoney(amount: Money, name: string): string {
  const printed = printMoney(amount, name);
  if (MONEY.test(printed)) return printed;
  throw new TypeError(
    `${name} must be a decimal of at most 15 digits before the point and 12 after it, without sign or exponent.`,
  );
}

/** @internal Whether two printed amounts are equal, however many zeros they end with. */
export function isSameMoney(one: string | undefined, other: string | null): boolean {
  const plain = (amount: string) => (amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount);
  return one !== undefined && other !== null && plain(one) === plain(other);
}

function isDecimal(amount: unknown): amount is DecimalLike {
  if (typeof amount !== 'object' || amount === null || amount instanceof Number) return false;
  return typeof (amount as Partial<DecimalLike>).toFixed === 'function';
}
