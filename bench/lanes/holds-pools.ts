import { picoOfDecimal } from '#libs/ledger';
import type { TestDatabase } from '#libs/testing';
import { setRoomOf } from '../holds/budget-rows';
import { createQuietLedger } from '../holds/our-design';
import { startTaker, type Taker } from '../holds/taker';
import { postmasterOf } from '../ledger/postmaster';
import { startPostgres } from '../ledger/start-postgres';
import { Cleanup } from '../measure/cleanup';
import { microsEach, watchCores, type CoresInUse } from '../measure/cores-in-use';
import { takeTurns, type Subject } from '../measure/take-turns';
import { coresColumns, figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const AUTHS = ['first', 'second'];
const TEAMS = 100;
const IN_FLIGHT = 128;
/** More than a run can take. */
const ROOM_FOR_ALL = 1_000_000_000;
const BARE = 'no label';
const LABELLED = 'a common label';
const LIMITED = 'a common label with a limit';

interface PoolSample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cores: CoresInUse;
}

const COLUMNS: readonly Column<PoolSample>[] = [
  { title: 'per s', digits: 0, of: ({ perSecond }) => perSecond },
  { title: 'p50 ms', digits: 1, of: ({ p50Ms }) => p50Ms },
  { title: 'p99 ms', digits: 1, of: ({ p99Ms }) => p99Ms },
  {
    title: 'CPU us',
    digits: 0,
    of: ({ cores, perSecond }) => microsEach(cores['postgres'], perSecond),
  },
  ...coresColumns([...AUTHS, 'postgres', 'others']),
];

/** Holds of two auths for teams that they do not share, with and without a label in common. */
export async function benchHoldsPools(options: LaneOptions): Promise<LaneReport> {
  const cleanup = new Cleanup();
  try {
    cleanup.add(await startPostgres(options.databaseUrl));
    const ledger = await createQuietLedger();
    cleanup.add(() => ledger.drop());
    await setRoomOf(ledger.database, ['label:pool/limited'], ROOM_FOR_ALL);
    const subjects: Subject<PoolSample>[] = [
      await pairOf(BARE, undefined),
      await pairOf(LABELLED, 'free'),
      await pairOf(LIMITED, 'limited'),
    ];
    const samples = await takeTurns(subjects, {
      rounds: options.rounds,
      onSample: (round, { name }, { perSecond }) =>
        options.say(`round ${round || 'to warm up'}: ${name} ${Math.round(perSecond)}/s`),
    });
    const [bare, labelled, limited] = samples as [PoolSample[], PoolSample[], PoolSample[]];
    return {
      lane: 'holds-pools',
      what: `holds of two auths on disjoint teams, ${IN_FLIGHT} in flight`,
      columns: COLUMNS,
      figures: subjects.map(({ name }, n) => figureOf(name, samples[n]!, COLUMNS)),
      outcomes: [
        ratioOf(`${LABELLED} / ${BARE}`, labelled, bare, { goal: 0.85 }),
        ratioOf(`${LIMITED} / ${BARE}`, limited, bare),
      ],
    };

    async function pairOf(name: string, pool: string | undefined): Promise<Subject<PoolSample>> {
      const takers = AUTHS.map(() => startTaker());
      for (const taker of takers) cleanup.add(() => taker.stop());
      const postgres = await postmasterOf(ledger.database);
      const pair = {
        takers,
        postgres,
        url: ledger.url,
        labels: pool === undefined ? undefined : { pool },
      };
      const { measureMs } = options;
      return {
        name,
        measure: async () => {
          const before = await heldOn(ledger, pool);
          const { granted, sample } = await measure(pair, measureMs);
          const taken = (await heldOn(ledger, pool)) - before;
          // What was answered before it was measured is held, too.
          if (taken < BigInt(granted)) {
            throw new Error(`${name}: ${granted} holds were granted, and ${taken} are held`);
          }
          return sample;
        },
      };
    }
  } finally {
    await cleanup.run();
  }
}

interface Pair {
  readonly takers: readonly Taker[];
  readonly postgres: number | undefined;
  readonly url: string;
  readonly labels: { readonly pool: string } | undefined;
}

async function measure({ takers, postgres, url, labels }: Pair, measureMs: number) {
  const teams = labels?.pool ?? 'bare';
  const [first, second] = takers.map(({ pid }) => pid);
  let stopWatch: (() => CoresInUse) | undefined;
  const results = await Promise.all(
    takers.map((taker, n) =>
      taker.run(
        {
          design: { kind: 'ours', url, ...(labels && { labels }) },
          accounts: Array.from({ length: TEAMS }, (_, team) => `team:${teams}-${AUTHS[n]}-${team}`),
          room: ROOM_FOR_ALL,
          isLast: false,
          inFlight: IN_FLIGHT / takers.length,
          warmUpMs: measureMs / 4,
          measureMs,
        },
        () => (stopWatch ??= watchCores({ first, second, postgres })),
      ),
    ),
  );
  const cores = stopWatch!();
  const refused = results.reduce((sum, each) => sum + each.refused, 0);
  if (refused > 0) throw new Error(`${refused} holds were refused, with room for all`);
  const sample: PoolSample = {
    perSecond: results.reduce((sum, { granted, seconds }) => sum + granted / seconds, 0),
    p50Ms: results.reduce((sum, { p50Ms }) => sum + p50Ms / results.length, 0),
    p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
    cores,
  };
  return { granted: results.reduce((sum, { granted }) => sum + granted, 0), sample };
}

/** In whole holds. */
async function heldOn({ database }: TestDatabase, pool: string | undefined): Promise<bigint> {
  const { taken } = await database.kysely
    .selectFrom('pool_held')
    .select(({ fn }) => fn.sum<string | null>('taken').as('taken'))
    .where('account', '=', pool === undefined ? 'ledger' : `label:pool/${pool}`)
    .executeTakeFirstOrThrow();
  return picoOfDecimal(taken ?? '0') / 10n ** 12n;
}
