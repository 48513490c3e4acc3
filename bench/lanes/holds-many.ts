import { BY_HAND, OURS, remarkOn, startTakers } from '../holds/contenders';
import { grpcContender, THROUGH_GRPC } from '../holds/grpc-contender';
import { holdColumns, holdSubjects, subjectName } from '../holds/hold-sample';
import { takeHoldTurns } from '../holds/hold-turns';
import { startBenchLedger } from '../ledger/bench-ledger';
import { benchUsers } from '../ledger/record-users';
import { startLoadGenerator } from '../load/generator';
import { Cleanup } from '../measure/cleanup';
import { ratioOf, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const BUDGETS = 10_000;
const IN_FLIGHT = [128, 512];
const COMPARED = 128;
const COLUMNS = holdColumns(['process', 'postgres', 'redis', 'generator', 'others']);

/** Holds over many budgets in turn, without and through the ledger's door, beside what a user would write by hand. */
export async function benchHoldsMany(options: LaneOptions): Promise<LaneReport> {
  const cleanup = new Cleanup();
  try {
    const ledger = await startBenchLedger(options.databaseUrl);
    cleanup.add(() => ledger.stop());
    const takers = await startTakers(cleanup);
    const generator = startLoadGenerator();
    cleanup.add(() => generator.stop());
    const accounts = benchUsers(BUDGETS).map(({ userId }) => `user:${userId}`);
    const load = { accounts, inFlight: IN_FLIGHT, measureMs: options.measureMs };
    const contenders = [...takers, grpcContender(ledger, generator)];
    const turns = await takeHoldTurns(holdSubjects(contenders, load), options);
    const at = (name: string) => turns.of(subjectName(name, COMPARED));
    return {
      lane: 'holds-many',
      what: `holds over ${BUDGETS.toLocaleString('en-US')} budgets, by how many are in flight${remarkOn(takers)}`,
      columns: COLUMNS,
      figures: turns.figures(COLUMNS),
      outcomes: [OURS, THROUGH_GRPC].map((name) =>
        ratioOf(`${name} / ${BY_HAND}, ${COMPARED} in flight`, at(name), at(BY_HAND)),
      ),
    };
  } finally {
    await cleanup.run();
  }
}
