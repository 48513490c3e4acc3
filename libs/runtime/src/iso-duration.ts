/** `PnDTnHnMnS`, negative with a leading minus; only the last part may have a fraction (ISO 8601). */
const SHAPE =
  /^(-)?P(?=\d|T\d)(?:(\d+(?:[.,]\d+)?)D)?(?:T(?=\d)(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/;

const MS_PER_PART = [86_400_000, 3_600_000, 60_000, 1_000] as const;

/** Milliseconds, rounded to whole ones; undefined if the text is not such a duration. */
export function parseIsoDuration(text: string): number | undefined {
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(2, 6);
  const last = parts.findLastIndex((part) => part !== undefined);
  if (parts.some((part, at) => at < last && /[.,]/.test(part ?? ''))) return undefined;
  const ms = parts.reduce(
    (sum, part, at) => sum + Number((part ?? '0').replace(',', '.')) * MS_PER_PART[at]!,
    0,
  );
  const rounded = Math.round(ms);
  if (!Number.isSafeInteger(rounded)) return undefined;
  return match[1] === '-' && rounded !== 0 ? -rounded : rounded;
}
