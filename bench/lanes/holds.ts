import { BY_HAND, OURS, remarkOn, startTakers } from '../holds/contenders';
import { holdColumns, holdSubjects, p99RatioOf, subjectName } from '../holds/hold-sample';
import { takeHoldTurns } from '../holds/hold-turns';
import { startPostgres } from '../ledger/start-postgres';
import { Cleanup } from '../measure/cleanup';
import { ratioOf, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const IN_FLIGHT = [8, 32, 128, 512];
const COMPARED = 128;
const SPEED = { floor: 20, goal: 50 };
const P99 = { limit: 1 };
const COLUMNS = holdColumns(['process', 'postgres', 'redis', 'others']);

/** Holds on one budget without the ledger's door, beside what a user would write by hand. */
export async function benchHolds(options: LaneOptions): Promise<LaneReport> {
  const cleanup = new Cleanup();
  try {
    cleanup.add(await startPostgres(options.databaseUrl));
    const takers = await startTakers(cleanup);
    const load = { accounts: ['team:hot'], inFlight: IN_FLIGHT, measureMs: options.measureMs };
    const subjects = holdSubjects(takers, load);
    const turns = await takeHoldTurns(subjects, options);
    const at = (name: string) => turns.of(subjectName(name, COMPARED));
    const [ours, byHand] = [at(OURS), at(BY_HAND)];
    const ratio = `${OURS} / ${BY_HAND}, ${COMPARED} in flight`;
    return {
      lane: 'holds',
      what: `holds on one budget without a door, by how many are in flight${remarkOn(takers)}`,
      columns: COLUMNS,
      figures: turns.figures(COLUMNS),
      outcomes: [
        ratioOf(ratio, ours, byHand, SPEED),
        p99RatioOf(`p99 of ${ratio}`, ours, byHand, P99),
      ],
    };
  } finally {
    await cleanup.run();
  }
}
