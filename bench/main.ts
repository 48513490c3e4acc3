import { parseArgs } from 'node:util';
import { benchAsOf } from './lanes/as-of';
import { benchBudgets } from './lanes/budgets';
import { benchCheck } from './lanes/check';
import { benchExport } from './lanes/export';
import { benchFreshness } from './lanes/freshness';
import { benchGateways } from './lanes/gateways';
import { benchHolds } from './lanes/holds';
import { benchHoldsCall } from './lanes/holds-call';
import { benchHoldsGrpc } from './lanes/holds-grpc';
import { benchHoldsMany } from './lanes/holds-many';
import { benchHoldsPools } from './lanes/holds-pools';
import { benchImportLitellm } from './lanes/import-litellm';
import type { Lane } from './lanes/lane-options';
import { benchMemory } from './lanes/memory';
import { benchPauses } from './lanes/pauses';
import { benchProjector } from './lanes/projector';
import { benchRebuild } from './lanes/rebuild';
import { benchRecord } from './lanes/record';
import { benchVerify } from './lanes/verify';
import { printReport, writeReport } from './report';

const LANES: Readonly<Record<string, Lane>> = {
  check: benchCheck,
  budgets: benchBudgets,
  holds: benchHolds,
  'holds-grpc': benchHoldsGrpc,
  'holds-many': benchHoldsMany,
  'holds-pools': benchHoldsPools,
  'holds-call': benchHoldsCall,
  gateways: benchGateways,
  record: benchRecord,
  projector: benchProjector,
  export: benchExport,
  'import-litellm': benchImportLitellm,
  rebuild: benchRebuild,
  verify: benchVerify,
  freshness: benchFreshness,
  memory: benchMemory,
  pauses: benchPauses,
  'as-of': benchAsOf,
};
const RESULTS = 'bench/results';

// The processes a lane has started end at Ctrl-C as well: its run fails, and it cleans up behind itself.
process.on('SIGINT', () => undefined);

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '2' },
      events: { type: 'string', default: '120000' },
      steady: { type: 'string', default: '300' },
    },
  });
  const wanted = positionals.length > 0 ? positionals : Object.keys(LANES);
  for (const name of wanted) {
    const lane = LANES[name];
    if (!lane) throw new Error(`there is no lane ${name}, only ${Object.keys(LANES).join(', ')}`);
    const report = await lane({
      databaseUrl: process.env['DATABASE_URL'] || undefined,
      brokers: process.env['KAFKA_BROKERS']?.split(','),
      rounds: Number(values.rounds),
      measureMs: Number(values.seconds) * 1000,
      events: Number(values.events),
      steadyMs: Number(values.steady) * 1000,
      say: (line) => console.error(line),
    });
    console.log(`\n${printReport(report)}\n`);
    console.log(`written to ${writeReport(RESULTS, report, new Date())}`);
  }
}
