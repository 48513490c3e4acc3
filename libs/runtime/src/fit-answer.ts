/** An entry of an answer: in full, and as short as it may be. */
export interface Fitting {
  readonly full: object;
  /** Absent: it has no shorter form. */
  readonly short?: object;
}

/**
 * The entries of an answer of so many bytes of JSON: in full while they fit, shortened from the first one on that does
 * not. All of them in their short form are taken to fit.
 */
export function fitAnswer(entries: readonly Fitting[], maxBytes: number): object[] {
  const shortBytes = entries.map(({ full, short }) => bytesOf(short ?? full));
  let spare = maxBytes - shortBytes.reduce((sum, bytes) => sum + bytes, 0);
  return entries.map(({ full, short }, index) => {
    if (short === undefined || spare < 0) return short ?? full;
    spare -= bytesOf(full) - shortBytes[index]!;
    return spare < 0 ? short : full;
  });
}

/** With the comma behind it. */
function bytesOf(entry: object): number {
  return Buffer.byteLength(JSON.stringify(entry)) + 1;
}

/** No answer is larger than 4 MiB (docs/limits.md), the default limit of gRPC clients. */
export const ANSWER_BYTES = 4 * 1024 * 1024;
/** From where on the entries of an answer are shortened: to write them all at once takes a while, and others wait. */
export const ITEMS_BYTES = ANSWER_BYTES / 2;
