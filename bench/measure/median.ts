/** The middle of some numbers, of two middle ones their mean; `undefined` if there is none or one is unknown. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (known.length === 0 || known.length < values.length) return undefined;
  const middle = known.length >> 1;
  return known.length % 2 === 1 ? known[middle] : (known[middle - 1]! + known[middle]!) / 2;
}

/** Sorts the values. @returns which of them a share of all does not exceed, such as 0.99 */
export function shareOf(values: number[]): (share: number) => number {
  values.sort((a, b) => a - b);
  return (share) => values[Math.floor(share * (values.length - 1))] ?? NaN;
}
