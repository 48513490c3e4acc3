/**
 * What a terminal acts on or does not show: control characters (ESC, and U+009B, which is another ESC), what turns the
 * direction of text, what has no width, tags, halves of surrogate pairs. Line breaks are text of our own, or they are not.
 */
const INVISIBLE = String.raw`\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}`;
const IN_A_LINE = new RegExp(String.raw`[\p{Cc}${INVISIBLE}]`, 'gu');
const IN_LINES = new RegExp(String.raw`[\0-\t\v\f\x0e-\x1f\x7f-\x9f${INVISIBLE}]|\r(?!\n)`, 'gu');

/** A text of somebody else in a line of ours: each character is seen, and it stays one line. */
export function visibleText(text: string): string {
  return text.replace(IN_A_LINE, escaped);
}

/**
 * Lines of ours as a terminal may have them. In JSON such characters stand within strings alone, and their escapes are
 * JSON's: it says the same.
 */
export function visibleLines(text: string): string {
  return text.replace(IN_LINES, escaped);
}

function escaped(character: string): string {
  let escapes = '';
  for (let at = 0; at < character.length; at++) {
    escapes += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return escapes;
}
