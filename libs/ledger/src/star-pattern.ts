/** A text whose stars stand for any text, also for none: what stands between them. A text without a star is one piece. */
export function starPieces(pattern: string): readonly string[] {
  return pattern.split('*');
}

/** Whether a pattern of these pieces stands for the text. One walk through the text, however many stars there are. */
export function fitsPieces(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0]!;
  if (pieces.length === 1) return text === first;
  const last = pieces[pieces.length - 1]!;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (let n = 1; n < pieces.length - 1; n += 1) {
    const piece = pieces[n]!;
    const found = text.indexOf(piece, from);
    if (found < 0 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return true;
}
