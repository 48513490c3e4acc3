import { childrenOf, cpuSecondsOf, cpuSecondsOfMachine } from './proc';

/** The processes of this machine that have a part in the run; `undefined`: it runs elsewhere. */
export type Watched = Readonly<Record<string, number | undefined>>;

/** Cores in use on average by each of them, 1 being one core, and by whatever else the machine did meanwhile. */
export type CoresInUse = Readonly<Record<string, number | undefined>>;

/** Watches processes, with those of their children that have no part of their own, until the function is called. */
export function watchCores(watched: Watched): () => CoresInUse {
  const startedMs = performance.now();
  const pids = new Set(Object.values(watched));
  const parts = Object.entries(watched).map(([name, pid]) => [name, watch(pid, pids)] as const);
  const machineBefore = cpuSecondsOfMachine();
  return () => {
    if (machineBefore === undefined) return {};
    const seconds = (performance.now() - startedMs) / 1000;
    const machine = (cpuSecondsOfMachine()! - machineBefore) / seconds;
    const cores = parts.map(([name, used]) => [name, divide(used(), seconds)] as const);
    const ours = cores.reduce((sum, [, used]) => sum + (used ?? 0), 0);
    return { ...Object.fromEntries(cores), others: machine - ours };
  };
}

/** CPU microseconds for each of so many a second. */
export function microsEach(cores: number | undefined, perSecond: number): number | undefined {
  return cores === undefined ? undefined : (cores * 1e6) / perSecond;
}

/** A process that has ended meanwhile counts as idle, one that has begun counts from its beginning. */
function watch(
  pid: number | undefined,
  parts: ReadonlySet<number | undefined>,
): () => number | undefined {
  if (pid === undefined) return () => undefined;
  const family = () => [pid, ...childrenOf(pid).filter((child) => !parts.has(child))];
  const before = new Map(family().map((each) => [each, cpuSecondsOf(each) ?? 0]));
  return () =>
    family().reduce((sum, each) => {
      const earlier = before.get(each) ?? 0;
      return sum + Math.max(0, (cpuSecondsOf(each) ?? 0) - earlier);
    }, 0);
}

function divide(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value / by;
}
