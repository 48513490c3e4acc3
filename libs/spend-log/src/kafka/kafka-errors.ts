/**
 * Protocol errors that no second try mends: the request itself is refused, or this process may not make it. All others
 * pass, however long that takes.
 */
const FINAL = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

/** Whether a rejection of kafkajs is of that kind, however often it has wrapped it. */
export function isFinal(error: unknown): boolean {
  return causesOf(error).some(({ type }) => typeof type === 'string' && FINAL.has(type));
}

/** Whether the record is larger than the topic takes. */
export function isTooLarge(error: unknown): boolean {
  return causesOf(error).some(
    ({ type }) => type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE',
  );
}

function causesOf(error: unknown): { readonly type?: unknown }[] {
  const causes: { readonly type?: unknown }[] = [];
  for (let cause = error; typeof cause === 'object' && cause !== null && causes.length < 10;) {
    causes.push(cause as { readonly type?: unknown });
    cause = 'cause' in cause ? cause.cause : undefined;
  }
  return causes;
}
