import type { Request, Transport } from './http/transport.js';
import type { Machine } from './machine.js';
import type { Positions } from './positions.js';
import type { Courier } from './reports/courier.js';
import type { ReportStore } from './reports/report-store.js';
import { numbers } from './numbers.js';
import type { Timeouts } from './options.js';
import type { Settings } from './settings.js';
import { currentTrace } from './trace.js';
import type { CallOptions } from './types.js';

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

/** How a request of a kind is sent: as the call says, else as the view says, else as the client says. @throws TypeError */
export function rules(
  { settings, view }: Client,
  kind: keyof Timeouts,
  { timeout, maxRetries, signal }: CallOptions,
): Pick<Request, 'timeout' | 'maxRetries' | 'signal' | 'trace'> {
  const ofClient = { timeout: settings.timeouts[kind], maxRetries: settings.maxRetries };
  const { positions: _, ...ofView } = view;
  return {
    ...numbers({ ...ofClient, ...ofView }, { timeout, maxRetries }),
    signal,
    trace: currentTrace(),
  };
}
