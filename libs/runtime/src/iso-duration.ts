/** Of these parts only the last that is given may have a fraction (ISO 8601). */
const NUMBER = '\\d+(?:[.,]\\d+)?';
const SHAPE = new RegExp(
  `^([+-])?P(?=\\d|T\\d)(?:(${NUMBER})Y)?(?:(${NUMBER})M)?(?:(${NUMBER})W)?(?:(${NUMBER})D)?` +
    `(?:T(?=\\d)(?:(${NUMBER})H)?(?:(${NUMBER})M)?(?:(${NUMBER})S)?)?$`,
  'i',
);
const MS_PER_PART = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000] as const;

/** What an ISO 8601 duration is: so many milliseconds, or of a length that depends on where it begins. */
type IsoDuration = { readonly ms: number } | { readonly varies: 'years' | 'months' };

/**
 * Milliseconds, rounded to whole ones, of `PnWnDTnHnMnS` in capitals or not, negative with a leading minus; undefined
 * if the text is no such duration, also where it has years or months.
 */
export function parseIsoDuration(text: string): number | undefined {
  const read = readIsoDuration(text);
  return read !== undefined && 'ms' in read ? read.ms : undefined;
}

/** `undefined`: the text is none, or one of more milliseconds than can be counted. */
export function readIsoDuration(text: string): IsoDuration | undefined {
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(2);
  const last = parts.findLastIndex((part) => part !== undefined);
  if (parts.some((part, at) => at < last && /[.,]/.test(part ?? ''))) return undefined;
  const numbers = parts.map((part) => Number((part ?? '0').replace(',', '.')));
  const [years = 0, months = 0, ...fixed] = numbers;
  if (years + months > 0) return { varies: years > 0 ? 'years' : 'months' };
  const ms = Math.round(fixed.reduce((sum, count, at) => sum + count * MS_PER_PART[at]!, 0));
  if (!Number.isSafeInteger(ms)) return undefined;
  return { ms: match[1] === '-' && ms !== 0 ? -ms : ms };
}

/** `P24D`, `PT0.25S`; what parseIsoDuration reads as the same. */
export function printIsoDuration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const whole = Math.abs(ms);
  const days = Math.floor(whole / 86_400_000);
  const hours = Math.floor(whole / 3_600_000) % 24;
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = (whole % 60_000) / 1_000;
  const date = days > 0 ? `${days}D` : '';
  const time = [
    [hours, 'H'],
    [minutes, 'M'],
    [seconds, 'S'],
  ].map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`));
  const joined = time.join('');
  if (date === '' && joined === '') return 'PT0S';
  return `${sign}P${date}${joined === '' ? '' : `T${joined}`}`;
}
