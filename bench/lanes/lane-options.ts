import type { LaneReport } from '../report';

export interface LaneOptions {
  readonly databaseUrl: string | undefined;
  /** `undefined`: the lane starts a broker of its own. */
  readonly brokers: readonly string[] | undefined;
  readonly rounds: number;
  readonly measureMs: number;
  /** How many events the projector is given, and how many the ledger of the past has. */
  readonly events: number;
  /** How long the steady run is whose memory is read. */
  readonly steadyMs: number;
  readonly say: (line: string) => void;
}

export type Lane = (options: LaneOptions) => Promise<LaneReport>;
