import { childrenOf, cpuSecondsOf, cpuSecondsOfMachine } from './proc';

export interface Watched {
  readonly serverPid: number;
  readonly generatorPid: number;
  /** Of a Postgres that runs on this machine. */
  readonly postmasterPid: number | undefined;
}

/** Cores in use on average, 1 being one core; `undefined` where it cannot be known. */
export interface CoresInUse {
  readonly server: number | undefined;
  readonly postgres: number | undefined;
  readonly generator: number | undefined;
  /** Whatever else the machine did meanwhile. */
  readonly others: number | undefined;
}

/** Watches until the function it gives is called. */
export function watchCores({ serverPid, generatorPid, postmasterPid }: Watched): () => CoresInUse {
  const startedMs = performance.now();
  const server = watch([serverPid]);
  const generator = watch([generatorPid]);
  const postgres =
    postmasterPid === undefined ? () => 0 : watch([postmasterPid, ...childrenOf(postmasterPid)]);
  const machineBefore = cpuSecondsOfMachine();
  return () => {
    const seconds = (performance.now() - startedMs) / 1000;
    if (machineBefore === undefined) {
      return { server: undefined, postgres: undefined, generator: undefined, others: undefined };
    }
    const ours = [server(), postgres(), generator()] as const;
    const machine = cpuSecondsOfMachine()! - machineBefore;
    return {
      server: ours[0] / seconds,
      postgres: postmasterPid === undefined ? undefined : ours[1] / seconds,
      generator: ours[2] / seconds,
      others: (machine - ours[0] - ours[1] - ours[2]) / seconds,
    };
  };
}

/** A process that has ended meanwhile counts as idle. */
function watch(pids: readonly number[]): () => number {
  const before = pids.map((pid) => cpuSecondsOf(pid) ?? 0);
  return () =>
    pids.reduce(
      (sum, pid, index) => sum + (cpuSecondsOf(pid) ?? before[index]!) - before[index]!,
      0,
    );
}
