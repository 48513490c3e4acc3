import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Role } from '#libs/access';
import { PROJECT_FOLDER } from '#libs/testing';

/** What `clients/recovery.json` holds; `clients/README.md` says what each member means. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly budget: string;
  /** Of the client's token; check and record, unless it needs more. */
  readonly roles: readonly Role[];
  /** `default`: the client's own, in place of the long ones that a busy machine needs. */
  readonly deadlines?: 'default';
  readonly runs: readonly Run[];
  readonly faults: readonly ScriptedFault[];
  readonly meanwhile: Readonly<Record<string, readonly Deed[]>>;
  readonly load?: Load;
  readonly expect: Expectations;
}

/** One process of the client, or several beside each other. */
export interface Run {
  readonly steps: readonly Step[];
  readonly options?: object;
  readonly processes?: number;
  readonly killAt?: string;
  readonly then?: readonly Deed[];
}

/** Something that the caller does: the adapter reads its other members. */
export interface Step {
  readonly do: string;
  readonly [member: string]: unknown;
}

/** Something that others do, see `bystander.ts`. */
export interface Deed {
  readonly do: string;
  readonly amount?: string;
  readonly marker?: string;
  readonly on?: string;
  readonly count?: number;
  readonly status?: number;
  readonly seconds?: number;
}

export interface Fault {
  readonly fault:
    'drop-answer' | 'cut' | '503' | '503-kill' | 'html' | 'kill-before' | 'kill-after' | 'delay';
  readonly retryAfter?: number;
  readonly ms?: number;
}

export interface ScriptedFault extends Fault {
  /** Such as `POST /v1/holds/{id}/settle`. */
  readonly on: string;
  readonly nth: number | string;
}

/** Many processes that spend at the same time from one budget. */
export interface Load {
  readonly processes: number;
  readonly atOnce: number;
  readonly spends: number;
  readonly estimate: string;
  readonly ttl: number;
  /** The least and the greatest cost of a call. */
  readonly costs: readonly [string, string];
}

export interface Expectations {
  readonly requests?: readonly string[];
  /** How often the server gave an answer: `{ "extend 409": 1 }`. */
  readonly answered?: Readonly<Record<string, number>>;
  /** For how long nothing may come after the first fault. */
  readonly quietSeconds?: number;
  readonly ledger: Readonly<Record<string, unknown>>;
  readonly client?: ExpectedReport | readonly (ExpectedReport | null)[];
}

/** Members of the report, or of the result of its last step. */
export type ExpectedReport = Readonly<Record<string, unknown>>;

interface WrittenScenario
  extends Omit<Scenario, 'roles' | 'runs' | 'faults' | 'meanwhile'>, Partial<Run> {
  readonly roles?: readonly Role[];
  readonly runs?: readonly Run[];
  readonly faults?: readonly ScriptedFault[];
  readonly meanwhile?: Scenario['meanwhile'];
}

const FILE = resolve(PROJECT_FOLDER, 'clients/recovery.json');

/** All of them; with RECOVERY=R05,R12 in the environment those alone. */
export function readScenarios(): readonly Scenario[] {
  const written = JSON.parse(readFileSync(FILE, 'utf8')) as readonly WrittenScenario[];
  const asked = process.env['RECOVERY']?.split(',');
  return written.filter(({ id }) => asked === undefined || asked.includes(id)).map(complete);
}

/** Without `runs` there is one, of the scenario's own steps. */
function complete({ steps, options, ...scenario }: WrittenScenario): Scenario {
  const only = { steps: steps ?? [], ...(options !== undefined && { options }) };
  return { roles: ['check', 'record'], runs: [only], faults: [], meanwhile: {}, ...scenario };
}

/** Fills in what differs from run to run. */
export function named<T>(of: T, run: string): T {
  return JSON.parse(JSON.stringify(of).replaceAll('$RUN', run)) as T;
}
