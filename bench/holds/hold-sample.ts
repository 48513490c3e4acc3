import { microsEach, watchCores, type CoresInUse, type Watched } from '../measure/cores-in-use';
import { median } from '../measure/median';
import type { Subject } from '../measure/take-turns';
import { coresColumns, type Column, type Outcome } from '../report';
import type { DriveResult } from '../load/drive';
import type { HoldOrder } from './hold-design';

/** What a trial's budget has room for, and how many are asked of it. */
const ROOM = 1000;
const ATTEMPTS = 2000;
/** More than a run can take. */
const ROOM_FOR_ALL = 1_000_000_000;
/** Longer than any trial takes. */
const FOR_EVER_MS = 2 ** 30;

/** One of those whose holds are measured side by side. */
export interface Contender {
  readonly name: string;
  /** Whether it may never grant more than there is room for, nor less. */
  readonly isExact: boolean;
  readonly watched: Watched;
  run(order: HoldOrder, measuring: () => void): Promise<DriveResult>;
}

export interface HoldSample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cores: CoresInUse;
  /** Of the trial. */
  readonly granted: number;
  readonly refused: number;
  readonly overshoot: number;
}

/** @param parts whose cores are shown; `process` is who takes the holds */
export function holdColumns(parts: readonly string[]): Column<HoldSample>[] {
  return [
    { title: 'per s', digits: 0, of: ({ perSecond }) => perSecond },
    { title: 'p50 ms', digits: 1, of: ({ p50Ms }) => p50Ms },
    { title: 'p99 ms', digits: 1, of: ({ p99Ms }) => p99Ms },
    {
      title: 'CPU us',
      digits: 0,
      of: ({ cores, perSecond }) => microsEach(cores['process'], perSecond),
    },
    ...coresColumns(parts),
    { title: 'granted', digits: 0, of: ({ granted }) => granted },
    { title: 'refused', digits: 0, of: ({ refused }) => refused },
    { title: 'overshoot', digits: 0, of: ({ overshoot }) => overshoot },
  ];
}

export interface HoldLoad {
  readonly accounts: readonly string[];
  readonly inFlight: readonly number[];
  readonly measureMs: number;
}

/** Each contender with each number of holds in flight; who is compared stands side by side. */
export function holdSubjects(
  contenders: readonly Contender[],
  { accounts, inFlight, measureMs }: HoldLoad,
): Subject<HoldSample>[] {
  return inFlight.flatMap((each) =>
    contenders.map((contender) => ({
      name: subjectName(contender.name, each),
      measure: async () => {
        const drive = { inFlight: each, warmUpMs: measureMs / 4, measureMs };
        const order = { ...drive, accounts, room: ROOM_FOR_ALL, isLast: false };
        const speed = await measureSpeed(contender, order);
        return { ...speed, ...(await tryOut(contender, each)) };
      },
    })),
  );
}

export function subjectName(contender: string, inFlight: number): string {
  return `${contender}, ${inFlight}`;
}

async function measureSpeed(
  { name, watched, run }: Contender,
  order: HoldOrder,
): Promise<Omit<HoldSample, 'granted' | 'refused' | 'overshoot'>> {
  let stopWatch: (() => CoresInUse) | undefined;
  const result = await run(order, () => (stopWatch = watchCores(watched)));
  const { granted, refused, seconds, p50Ms, p99Ms } = result;
  if (refused > 0) throw new Error(`${name}: ${refused} holds were refused, with room for all`);
  return { perSecond: granted / seconds, p50Ms, p99Ms, cores: stopWatch!() };
}

let trials = 0;

/** Asks for more than a budget of its own has room for. @throws Error when it is exact and did not grant just that */
async function tryOut(
  { name, isExact, run }: Contender,
  inFlight: number,
): Promise<Pick<HoldSample, 'granted' | 'refused' | 'overshoot'>> {
  const accounts = [`team:trial-${trials++}`];
  const drive = { inFlight, warmUpMs: 0, measureMs: FOR_EVER_MS, mostCalls: ATTEMPTS };
  const { granted, refused } = await run(
    { ...drive, accounts, room: ROOM, isLast: true },
    () => undefined,
  );
  const overshoot = granted - ROOM;
  if (isExact && (overshoot !== 0 || granted + refused !== ATTEMPTS)) {
    throw new Error(`${name}: ${granted} holds granted and ${refused} refused, room for ${ROOM}`);
  }
  return { granted, refused, overshoot };
}

/** The p99 of one beside that of another: the median of what the rounds gave one by one. */
export function p99RatioOf(
  name: string,
  ours: readonly HoldSample[],
  theirs: readonly HoldSample[],
  bounds: Pick<Outcome, 'limit' | 'atMost'> = {},
): Outcome {
  const ratios = ours.map(({ p99Ms }, round) => p99Ms / theirs[round]!.p99Ms);
  return { name, value: median(ratios) ?? NaN, ...bounds };
}
