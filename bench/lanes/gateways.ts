import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEnvoy } from '../../test/gateways/support/envoy';
import type { ProxyProcess } from '../../test/gateways/support/proxy-process';
import { Upstream } from '../../test/gateways/support/upstream';
import { setRoomOf } from '../holds/budget-rows';
import { startBenchLedger, type BenchLedger } from '../ledger/bench-ledger';
import { budgetMethod, budgetMethodPath } from '../ledger/budget-method';
import { startLoadGenerator, type LoadGenerator } from '../load/generator';
import { callHttp } from '../load/http-callers';
import { microsEach, watchCores, type CoresInUse } from '../measure/cores-in-use';
import { median } from '../measure/median';
import { takeTurns, type Subject } from '../measure/take-turns';
import { figureOf, type Column, type LaneReport, type Outcome } from '../report';
import type { LaneOptions } from './lane-options';

/** Each spends of its own, so that no lock is shared but by chance. */
const USERS = 200;
const ROOM = 1_000_000;
const CALLERS = 32;
const PATH = '/v1/chat/completions';
const FILES = {
  bare: '../../bench/gateways/envoy-bare.yaml',
  check: '../../bench/gateways/envoy-authz-only.yaml',
  authz: 'envoy-authz-als.yaml',
  extproc: 'envoy-extproc-als.yaml',
} as const;

interface Times {
  readonly answers: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Sample {
  readonly alone: Times;
  readonly many: Times & { readonly cores: CoresInUse };
}

const perSecond = ({ many }: Sample): number => many.answers / many.seconds;
const micros = (part: string) => (sample: Sample) =>
  microsEach(sample.many.cores[part], perSecond(sample));

const COLUMNS: readonly Column<Sample>[] = [
  { title: `${CALLERS}: per s`, digits: 0, of: perSecond },
  { title: 'p50 ms', digits: 1, of: ({ many }) => many.p50Ms },
  { title: 'p99 ms', digits: 1, of: ({ many }) => many.p99Ms },
  { title: '1: p50 ms', digits: 2, of: ({ alone }) => alone.p50Ms },
  { title: 'p99 ms alone', digits: 2, of: ({ alone }) => alone.p99Ms },
  { title: 'Envoy us', digits: 0, of: micros('envoy') },
  { title: 'ledger us', digits: 0, of: micros('ledger') },
  { title: 'Postgres us', digits: 0, of: micros('postgres') },
];

/** Calls through a real Envoy that asks the ledger, beside an Envoy that asks nobody and beside the ledger's own calls. */
export async function benchGateways(options: LaneOptions): Promise<LaneReport> {
  const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-bench-gateways-'));
  const gatewaysFile = join(folder, 'gateways.json');
  const rules = { scope: [{ type: 'user', userId: 'body:user' }], estimate: { maxTokens: 100 } };
  const gateways = { check: { ...rules, mode: 'check' }, hold: rules };
  await writeFile(gatewaysFile, JSON.stringify({ version: 1, gateways }));
  const env = { GATEWAYS_FILE: gatewaysFile, PRICES_FILE: resolve('docs/gateways/prices.yaml') };
  const ledger = await startBenchLedger(options.databaseUrl, { isOpen: false, env });
  const upstream = await Upstream.start();
  const generator = startLoadGenerator();
  const envoys: ProxyProcess[] = [];
  try {
    const users = Array.from({ length: USERS }, (_, n) => `user-${n}`);
    const accounts = users.map((user) => `user:${user}`);
    await setRoomOf(ledger.database, accounts, ROOM);
    const envoy = async (file: string, gateway: string): Promise<ProxyProcess> => {
      const [, port] = ledger.process.grpcAddress.split(':');
      const started = await startEnvoy({
        file,
        gateway,
        ledgerPort: Number(port),
        upstreamPort: upstream.port,
        token: ledger.token,
      });
      envoys.push(started);
      return started;
    };
    const bodies = users.map((user) => Buffer.from(JSON.stringify({ model: 'gpt-5', user })));
    const through = async (name: string, file: string, gateway: string) =>
      throughEnvoy(name, await envoy(file, gateway), { ledger, upstream, bodies, options });
    const subjects = [
      await through('bare Envoy', FILES.bare, 'check'),
      await through('check', FILES.check, 'check'),
      await through('hold, access log settles', FILES.authz, 'hold'),
      await through('ext_proc hold, access log settles', FILES.extproc, 'hold'),
      ownCalls('Check', { ledger, generator, accounts, options }),
      ownCalls('Hold', { ledger, generator, accounts, options }),
    ];
    const samples = await takeTurns(subjects, {
      rounds: options.rounds,
      onSample: (round, { name }, sample) =>
        options.say(`round ${round || 'to warm up'}: ${name} ${Math.round(perSecond(sample))}/s`),
    });
    return report(subjects, samples);
  } finally {
    for (const each of envoys) await each.stop();
    generator.stop();
    await upstream.stop();
    await ledger.stop();
    await rm(folder, { recursive: true });
  }
}

function throughEnvoy(
  name: string,
  envoy: ProxyProcess,
  given: {
    readonly ledger: BenchLedger;
    readonly upstream: Upstream;
    readonly bodies: readonly Buffer[];
    readonly options: LaneOptions;
  },
): Subject<Sample> {
  const { ledger, upstream, bodies, options } = given;
  const { measureMs } = options;
  const address = new URL(envoy.url).host;
  const watched = {
    envoy: envoy.pid,
    ledger: ledger.process.child.pid,
    postgres: ledger.postmasterPid,
  };
  return measured(name, watched, async (callers, measuring) => {
    upstream.forget();
    const times = { warmUpMs: measureMs / 4, measureMs };
    return callHttp({ address, path: PATH, bodies, callers, ...times }, measuring);
  });
}

/** What the ledger's own gRPC calls cost, which every wiring makes as well. */
function ownCalls(
  method: 'Check' | 'Hold',
  given: {
    readonly ledger: BenchLedger;
    readonly generator: LoadGenerator;
    readonly accounts: readonly string[];
    readonly options: LaneOptions;
  },
): Subject<Sample> {
  const { ledger, generator, accounts, options } = given;
  const { measureMs } = options;
  const [host, port] = ledger.process.grpcAddress.split(':') as [string, string];
  const { requestSerialize } = budgetMethod(method);
  const calls = accounts.map((account) => {
    const scope = { user: { user_id: account.slice('user:'.length) } };
    const held = method === 'Hold' ? { amount: '0.001', ttl_seconds: 60 } : { estimate: '0.001' };
    return { request: requestSerialize({ scope, ...held }), expected: account };
  });
  const watched = { ledger: ledger.process.child.pid, postgres: ledger.postmasterPid };
  return measured(`the ledger’s own ${method}`, watched, (callers, measuring) =>
    generator.run(
      {
        path: budgetMethodPath(method),
        calls,
        connections: 1,
        streams: callers,
        warmUpMs: measureMs / 4,
        measureMs,
        host,
        port: Number(port),
        authorization: `Bearer ${ledger.token}`,
      },
      measuring,
    ),
  );
}

function measured(
  name: string,
  watched: Readonly<Record<string, number | undefined>>,
  run: (callers: number, measuring: () => void) => Promise<Times>,
): Subject<Sample> {
  return {
    name,
    measure: async () => {
      const alone = await run(1, () => undefined);
      let stopWatch: (() => CoresInUse) | undefined;
      const many = await run(CALLERS, () => (stopWatch = watchCores(watched)));
      return { alone, many: { ...many, cores: stopWatch!() } };
    },
  };
}

function report(subjects: readonly Subject<Sample>[], samples: readonly Sample[][]): LaneReport {
  const [bare, check, hold, extproc, ownCheck, ownHold] = samples as [
    Sample[],
    Sample[],
    Sample[],
    Sample[],
    Sample[],
    Sample[],
  ];
  return {
    lane: 'gateways',
    what: `calls through a real Envoy with one worker, one by one and by ${CALLERS} callers, ${USERS} users with a budget each`,
    columns: COLUMNS,
    figures: subjects.map(({ name }, n) => figureOf(name, samples[n]!, COLUMNS)),
    outcomes: [
      added('check: p50 beside bare Envoy and the own Check', check, bare, ownCheck, 1),
      added('hold: p50 beside bare Envoy and the own Hold', hold, bare, ownHold, 1),
      added('ext_proc hold: p50 beside bare Envoy and the own Hold', extproc, bare, ownHold, 1.5),
      cpuOf('check: CPU of the ledger / its own Check', check, ownCheck),
    ],
  };
}

/** What a wiring adds to what both parts of it take, one by one. */
function added(
  name: string,
  wired: readonly Sample[],
  bare: readonly Sample[],
  own: readonly Sample[],
  atMost: number,
): Outcome {
  const ms = wired.map(({ alone }, n) => alone.p50Ms - bare[n]!.alone.p50Ms - own[n]!.alone.p50Ms);
  return { name, value: median(ms) ?? NaN, unit: 'ms', atMost };
}

function cpuOf(name: string, wired: readonly Sample[], own: readonly Sample[]): Outcome {
  const of = micros('ledger');
  const ratios = wired.map((sample, n) => {
    const [ours, theirs] = [of(sample), of(own[n]!)];
    return ours === undefined || theirs === undefined ? undefined : ours / theirs;
  });
  return { name, value: median(ratios) ?? NaN, atMost: 1.5 };
}
