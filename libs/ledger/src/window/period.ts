/** A length of time of which some is reckoned by the calendar. */
export interface Period {
  readonly months: number;
  readonly micros: bigint;
}

/** `-PnYnMnWnDTnHnMnS` in whole numbers (ISO 8601). */
const SHAPE =
  /^(-)?P(?=\d|T\d)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/;
const MICROS_PER_SECOND = 1_000_000n;
const SECONDS_PER_PART = [604_800, 86_400, 3600, 60, 1] as const;

/** Reads an ISO 8601 duration; `undefined` if it is none. */
export function parsePeriod(text: string): Period | undefined {
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const sign = match[1] === undefined ? 1 : -1;
  const [years, months, ...rest] = match.slice(2).map((digits) => Number(digits ?? 0));
  const seconds = SECONDS_PER_PART.reduce((sum, length, part) => sum + length * rest[part]!, 0);
  return {
    months: sign * (12 * years! + months!),
    micros: BigInt(sign * seconds) * MICROS_PER_SECOND,
  };
}
