import RequestQueue from 'kafkajs/src/network/requestQueue';

let quiet = false;

/**
 * Keeps kafkajs' idle connections asleep.
 *
 * In 2.2.4 a connection that has ever been answered looks for waiting requests for ever, about each millisecond: with
 * nothing to wait for, `scheduleCheckPendingRequests` arms a timer with a negative delay, whose callback arms the next.
 * It came with the fix of a race in throttling (tulios/kafkajs#1532); Node 24 warns of it (#1751); fixes are not
 * merged (#1755, #1768). Here nothing is scheduled while no request waits and no throttle is in force; whatever waits
 * is still looked for as kafkajs does, and time-outs of requests have an interval of their own.
 */
export function quietIdleConnections(): void {
  if (quiet) return;
  quiet = true;
  const schedule = Reflect.get(RequestQueue.prototype, 'scheduleCheckPendingRequests');
  RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    schedule.call(this);
  };
}
