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
    const ours = grpcContender(ledger, generator);
    const { measureMs } = options;
    const subjects = IN_FLIGHT.flatMap((each) => {
      const contenders = each === COMPARED ? [ours, byHand] : [ours];
      return holdSubjects(contenders, { accounts: ['team:hot'], inFlight: [each], measureMs });
    });
    const turns = await takeHoldTurns(subjects, options);
    const at = (name: string) => turns.of(subjectName(name, COMPARED));
    const ratio = `${THROUGH_GRPC} / ${BY_HAND}, ${COMPARED} in flight`;
    return {
      lane: 'holds-grpc',
      what: 'holds on one budget through gRPC, by how many are in flight',
      columns: COLUMNS,
      figures: turns.figures(COLUMNS),
      outcomes: [ratioOf(ratio, at(THROUGH_GRPC), at(BY_HAND), SPEED)],
    };
  } finally {
    await cleanup.run();
  }
}
