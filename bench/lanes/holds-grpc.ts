import { BY_HAND, startByHand } from '../holds/contenders';
import { grpcContender, THROUGH_GRPC } from '../holds/grpc-contender';
import { holdColumns, holdSubjects, subjectName } from '../holds/hold-sample';
import { takeHoldTurns } from '../holds/hold-turns';
import { startBenchLedger } from '../ledger/bench-ledger';
import { startLoadGenerator } from '../load/generator';
import { Cleanup } from '../measure/cleanup';
import { ratioOf, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const IN_FLIGHT = [8, 32, 128, 512];
const COMPARED = 128;
const SPEED = { floor: 5, goal: 10 };
const COLUMNS = holdColumns(['process', 'postgres', 'generator', 'others']);

/** Holds on one budget through the door of a standalone, beside what a user would write by hand, without any door. */
export async function benchHoldsGrpc(options: LaneOptions): Promise<LaneReport> {
  const cleanup = new Cleanup();
  try {
    const ledger = await startBenchLedger(options.databaseUrl);
    cleanup.add(() => ledger.stop());
    const byHand = await startByHand(cleanup);
    const generator = startLoadGenerator();
    cleanup.add(() => generator.stop());
    const load = { accounts: ['team:hot'], measureMs: options.measureMs };
    const subjects = [
      ...holdSubjects([grpcContender(ledger, generator)], { ...load, inFlight: IN_FLIGHT }),
      ...holdSubjects([byHand], { ...load, inFlight: [COMPARED] }),
    ];
    const turns = await takeHoldTurns(subjects, options);
    const [ours, theirs] = [THROUGH_GRPC, BY_HAND].map((name) =>
      turns.of(subjectName(name, COMPARED)),
    );
    const ratio = `${THROUGH_GRPC} / ${BY_HAND}, ${COMPARED} in flight`;
    return {
      lane: 'holds-grpc',
      what: 'holds on one budget through gRPC, by how many are in flight',
      columns: COLUMNS,
      figures: turns.figures(COLUMNS),
      outcomes: [ratioOf(ratio, ours!, theirs!, SPEED)],
    };
  } finally {
    await cleanup.run();
  }
}
