import { startReplicatedLedger, type ReplicatedLedger } from '../ledger/replicated-ledger';
import { startHoldCaller, type CallResult, type HoldCaller } from '../load/hold-caller';
import { Cleanup } from '../measure/cleanup';
import { watchCores, type CoresInUse } from '../measure/cores-in-use';
import { takeTurns, type Subject } from '../measure/take-turns';
import { coresColumns, figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const IN_FLIGHT = 128;
const ROOM = 1000;
const ATTEMPTS = 2000;
const HELD_CENTS = 100;
/** Less than is held, as estimates are. */
const COSTS_CENTS = [12, 37, 55, 80, 99, 100];
/** Longer than any trial takes. */
const FOR_EVER_MS = 2 ** 30;

interface Sample extends CallResult {
  readonly perSecond: number;
  readonly cores: CoresInUse;
  readonly drainMs: number;
  readonly trial: CallResult;
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'calls per s', digits: 0, of: ({ perSecond }) => perSecond },
  { title: 'hold p50 ms', digits: 1, of: ({ hold }) => hold.p50Ms },
  { title: 'hold p99 ms', digits: 1, of: ({ hold }) => hold.p99Ms },
  { title: 'settle p50 ms', digits: 1, of: ({ settle }) => settle.p50Ms },
  { title: 'settle p99 ms', digits: 1, of: ({ settle }) => settle.p99Ms },
  { title: 'drained ms', digits: 0, of: ({ drainMs }) => drainMs },
  ...coresColumns(['auth', 'auth 2', 'ingest', 'projector', 'postgres', 'generator', 'others']),
  { title: 'granted', digits: 0, of: ({ trial }) => trial.granted },
  { title: 'refused', digits: 0, of: ({ trial }) => trial.refused },
  { title: 'overshoot', digits: 0, of: ({ trial }) => trial.granted - ROOM },
];

/** Whole calls on one budget, a hold and its settle over HTTP, with one and with two auths. */
export async function benchHoldsCall(options: LaneOptions): Promise<LaneReport> {
  const cleanup = new Cleanup();
  try {
    const ledger = await startReplicatedLedger(options.databaseUrl);
    cleanup.add(() => ledger.stop());
    const caller = startHoldCaller();
    cleanup.add(() => caller.stop());
    return await benchLedger(ledger, caller, options);
  } finally {
    await cleanup.run();
  }
}

async function benchLedger(
  ledger: ReplicatedLedger,
  caller: HoldCaller,
  { rounds, measureMs, say }: LaneOptions,
): Promise<LaneReport> {
  const subjects = ['1 auth', '2 auths'].map((name, nth): Subject<Sample> => {
    const auths = ledger.auths.slice(0, nth + 1);
    return { name, measure: () => measure(ledger, caller, auths, measureMs) };
  });
  const samples = await takeTurns(subjects, {
    rounds,
    onSample: (round, { name }, { perSecond, drainMs }) =>
      say(
        `round ${round || 'to warm up'}: ${name} ${Math.round(perSecond)}/s, drained after ${Math.round(drainMs)} ms`,
      ),
  });
  return {
    lane: 'holds-call',
    what: `hold and settle over HTTP on one budget, ${IN_FLIGHT} calls in flight, the log in Postgres`,
    columns: COLUMNS,
    figures: subjects.map(({ name }, nth) => figureOf(name, samples[nth]!, COLUMNS)),
    outcomes: [ratioOf('2 auths / 1 auth', samples[1]!, samples[0]!)],
  };
}

let teams = 0;

/** The speed on a budget with room for all, then what is granted on one that has not. */
async function measure(
  ledger: ReplicatedLedger,
  caller: HoldCaller,
  auths: readonly string[],
  measureMs: number,
): Promise<Sample> {
  const teamId = `hot-${teams++}`;
  await ledger.setLimit(teamId, '1000000000.00');
  let stopWatch: (() => CoresInUse) | undefined;
  const load = { auths, inFlight: IN_FLIGHT, warmUpMs: measureMs / 4, measureMs };
  const speed = await caller.run({ ...load, teamId, costsCents: COSTS_CENTS }, () => {
    stopWatch = watchCores({ ...ledger.watched, generator: caller.pid });
  });
  const cores = stopWatch!();
  if (speed.refused > 0) throw new Error(`${speed.refused} calls were refused, with room for all`);
  const endedMs = performance.now();
  await ledger.drain(teamId, speed.settledCents);
  const drainMs = performance.now() - endedMs;
  const trial = await tryOut(ledger, caller, auths);
  return { ...speed, perSecond: speed.granted / speed.seconds, cores, drainMs, trial };
}

/** More calls than a budget has room for, each of which costs what it held. @throws Error unless just those pass */
async function tryOut(
  ledger: ReplicatedLedger,
  caller: HoldCaller,
  auths: readonly string[],
): Promise<CallResult> {
  const teamId = `trial-${teams++}`;
  await ledger.setLimit(teamId, `${ROOM}.00`);
  const result = await caller.run({
    auths,
    teamId,
    costsCents: [HELD_CENTS],
    inFlight: IN_FLIGHT,
    warmUpMs: 0,
    measureMs: FOR_EVER_MS,
    mostCalls: ATTEMPTS,
  });
  await ledger.drain(teamId, result.settledCents);
  const { granted, refused } = result;
  if (granted !== ROOM || refused !== ATTEMPTS - ROOM) {
    throw new Error(`${granted} calls passed and ${refused} were refused, room for ${ROOM}`);
  }
  return result;
}
