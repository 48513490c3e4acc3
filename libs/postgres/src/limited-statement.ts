/** A statement that is given up when it has no answer in time. node-postgres takes the limit, though its types do not say so. */
export function limited(
  text: string,
  answerMs: number | undefined,
): { readonly text: string; readonly query_timeout?: number } {
  return answerMs === undefined ? { text } : { text, query_timeout: answerMs };
}
