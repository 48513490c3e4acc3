import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { median } from './measure/median';
import type { CoresInUse } from './measure/cores-in-use';
import type { Sample } from './measure/measure-rounds';

/** Medians over the rounds. */
export interface Figure {
  readonly name: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cores: CoresInUse;
  /** CPU microseconds of the server for each answer: what another load on the machine distorts least. */
  readonly serverMicros: number | undefined;
  /** Answers per second of each round. */
  readonly rounds: readonly number[];
}

/** A figure beside its ceiling: the median of what the rounds gave one by one. */
export interface Ratio {
  readonly name: string;
  readonly ratio: number;
  /** Below it something is wrong. */
  readonly floor?: number;
  readonly goal?: number;
}

export interface LaneReport {
  readonly lane: string;
  readonly what: string;
  readonly figures: readonly Figure[];
  readonly ratios: readonly Ratio[];
}

export function figureOf(name: string, samples: readonly Sample[]): Figure {
  const of = (read: (sample: Sample) => number) => median(samples.map(read)) ?? NaN;
  const cores = (part: keyof CoresInUse) => median(samples.map((sample) => sample.cores[part]));
  return {
    name,
    perSecond: of(({ perSecond }) => perSecond),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    cores: {
      server: cores('server'),
      postgres: cores('postgres'),
      generator: cores('generator'),
      others: cores('others'),
    },
    serverMicros: median(samples.map(serverMicrosOf)),
    rounds: samples.map(({ perSecond }) => Math.round(perSecond)),
  };
}

export function ratioOf(
  name: string,
  ours: readonly Sample[],
  ceiling: readonly Sample[],
  bounds: Pick<Ratio, 'floor' | 'goal'> = {},
): Ratio {
  const ratios = ours.map(({ perSecond }, round) => perSecond / ceiling[round]!.perSecond);
  return { name, ratio: median(ratios) ?? NaN, ...bounds };
}

const COLUMNS = ['', 'per s', 'p50 ms', 'p99 ms', 'CPU us'];
const CORES = ['server', 'postgres', 'generator', 'others'] as const;

/** The report as a table: CPU time is the server's for each answer; the last four columns are cores in use. */
export function printReport({ lane, what, figures, ratios }: LaneReport): string {
  const rows = figures.map(({ name, perSecond, p50Ms, p99Ms, serverMicros, cores }) => [
    name,
    Math.round(perSecond).toLocaleString('en-US'),
    p50Ms.toFixed(1),
    p99Ms.toFixed(1),
    serverMicros?.toFixed(0) ?? '-',
    ...CORES.map((part) => cores[part]?.toFixed(2) ?? '-'),
  ]);
  const lines = ratios.map(({ name, ratio, floor, goal }) => {
    const bounds = floor === undefined ? '' : `  (floor ${floor}, goal ${goal})`;
    return `${name}: ${ratio.toFixed(2)}${bounds}`;
  });
  return [`${lane}: ${what}`, '', ...align([[...COLUMNS, ...CORES], ...rows]), '', ...lines].join(
    '\n',
  );
}

/** `<folder>/<lane>-<date>.json` @returns its path */
export function writeReport(folder: string, report: LaneReport, at: Date): string {
  const path = join(
    folder,
    `${report.lane}-${at.toISOString().replace(/\D/g, '').slice(0, 14)}.json`,
  );
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version };
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify({ at: at.toISOString(), machine, ...report }, null, 2)}\n`);
  return path;
}

function serverMicrosOf({ cores, perSecond }: Sample): number | undefined {
  return cores.server === undefined ? undefined : (cores.server * 1e6) / perSecond;
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  '),
  );
}
