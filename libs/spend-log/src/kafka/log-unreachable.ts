/** The log could not be asked, or did not answer in time: what was to be appended may or may not be on it. */
export class LogUnreachable extends Error {
  override readonly name = 'LogUnreachable';
  /** What callers go by, as for a connection of Node's. */
  readonly code = 'ETIMEDOUT';
}
