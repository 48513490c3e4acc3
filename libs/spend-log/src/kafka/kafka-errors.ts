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

/**
 * Protocol errors by which brokers tell their clients to ask anew: of a group that is just coming into being, of
 * partitions that move. Nothing is wrong, and the next try is on its way.
 */
const PASSING = new Set([
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'LEADER_NOT_AVAILABLE',
  'MEMBER_ID_REQUIRED',
  'NOT_CONTROLLER',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_LEADER_FOR_PARTITION',
  'REBALANCE_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
]);

/** Where errors are said; `doing` is what failed. */
interface Ears {
  readonly onError: (error: unknown, doing: string) => void;
  readonly onDebug?: ((line: string) => void) | undefined;
}

/** Says errors of kafkajs as errors, but those by which brokers ask to be asked anew. */
export function tellKafkaErrors({ onError, onDebug }: Ears): Ears['onError'] {
  return (error, doing) => {
    if (isPassing(error)) onDebug?.(`${doing}: ${String(error)}`);
    else onError(error, doing);
  };
}

/** Whether a rejection of kafkajs says only that it has to be tried again. */
function isPassing(error: unknown): boolean {
  return causesOf(error).some(({ type }) => typeof type === 'string' && PASSING.has(type));
}

/** Whether a rejection of kafkajs is one that no second try mends, however often it has wrapped it. */
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
    causes.push(cause);
    cause = 'cause' in cause ? cause.cause : undefined;
  }
  return causes;
}
