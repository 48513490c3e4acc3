import type { Request, Transport } from './http/transport.js';
import type { Machine } from './machine.js';
import type { Positions } from './positions.js';
import type { Courier } from './reports/courier.js';
import type { ReportStore } from './reports/report-store.js';
import type { Timeouts } from './options.js';
import type { Settings } from './settings.js';
import { currentTrace } from './trace.js';
import type { CallOptions, Query } from './types.js';

/** What all parts of one client share, and what one view of it has of its own. */
export interface Client {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly store: ReportStore;
  readonly courier: Courier;
  readonly machine: Machine;
  readonly view: View;
}

export interface View {
  readonly timeout?: number;
  readonly maxRetries?: number;
  /** Of a session. */
  readonly positions?: Positions;
}

/** How a request of a kind is sent: as the call says, else as the view says, else as the client says. */
export function rules(
  { settings, view }: Client,
  kind: keyof Timeouts,
  options: CallOptions = {},
): Pick<Request, 'timeout' | 'maxRetries' | 'signal' | 'trace'> {
  return {
    timeout: options.timeout ?? view.timeout ?? settings.timeouts[kind],
    maxRetries: options.maxRetries ?? view.maxRetries ?? settings.maxRetries,
    signal: options.signal,
    trace: currentTrace(),
  };
}

/** A path with its query; what is undefined is left out. */
export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.append(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}
