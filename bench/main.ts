import { parseArgs } from 'node:util';
import { benchCheck, type LaneOptions } from './lanes/check';
import { printReport, writeReport, type LaneReport } from './report';

const LANES: Readonly<Record<string, (options: LaneOptions) => Promise<LaneReport>>> = {
  check: benchCheck,
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
    },
  });
  const wanted = positionals.length > 0 ? positionals : Object.keys(LANES);
  for (const name of wanted) {
    const lane = LANES[name];
    if (!lane) throw new Error(`there is no lane ${name}, only ${Object.keys(LANES).join(', ')}`);
    const report = await lane({
      databaseUrl: process.env['DATABASE_URL'] || undefined,
      rounds: Number(values.rounds),
      measureMs: Number(values.seconds) * 1000,
      say: (line) => console.error(line),
    });
    console.log(`\n${printReport(report)}\n`);
    console.log(`written to ${writeReport(RESULTS, report, new Date())}`);
  }
}
