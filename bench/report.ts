import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { median } from './measure/median';
import type { CoresInUse } from './measure/cores-in-use';

/** What a table shows of the samples. */
export interface Column<S> {
  readonly title: string;
  readonly digits: number;
  readonly of: (sample: S) => number | undefined;
}

export interface Figure {
  readonly name: string;
  /** By the title of their column: medians over the rounds. */
  readonly values: Readonly<Record<string, number | undefined>>;
  /** What each round gave in the first column. */
  readonly rounds: readonly number[];
}

/** What a lane comes to: mostly a figure beside its ceiling, the median of what the rounds gave one by one. */
export interface Outcome {
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
  /** Below it something is wrong. */
  readonly floor?: number;
  readonly goal?: number;
  /** For what should be small: the goal, and above what something is wrong. */
  readonly atMost?: number;
  readonly limit?: number;
}

export interface LaneReport {
  readonly lane: string;
  readonly what: string;
  readonly columns: readonly Pick<Column<never>, 'title' | 'digits'>[];
  readonly figures: readonly Figure[];
  readonly outcomes: readonly Outcome[];
}

export function figureOf<S>(
  name: string,
  samples: readonly S[],
  columns: readonly Column<S>[],
): Figure {
  const values = columns.map(({ title, of }) => [title, median(samples.map(of))] as const);
  const rounds = samples.map((sample) => Number(columns[0]!.of(sample)?.toFixed(2)));
  return { name, values: Object.fromEntries(values), rounds };
}

/** Cores in use by each of these. */
export function coresColumns(parts: readonly string[]): Column<{ readonly cores: CoresInUse }>[] {
  return parts.map((part) => ({ title: part, digits: 2, of: ({ cores }) => cores[part] }));
}

export function ratioOf<S extends { readonly perSecond: number }>(
  name: string,
  ours: readonly S[],
  ceiling: readonly S[],
  bounds: Pick<Outcome, 'floor' | 'goal'> = {},
): Outcome {
  const ratios = ours.map(({ perSecond }, round) => perSecond / ceiling[round]!.perSecond);
  return { name, value: median(ratios) ?? NaN, ...bounds };
}

/** The report as a table. */
export function printReport({ lane, what, columns, figures, outcomes }: LaneReport): string {
  const rows = figures.map(({ name, values }) => [
    name,
    ...columns.map(({ title, digits }) => print(values[title], digits)),
  ]);
  const titles = ['', ...columns.map(({ title }) => title)];
  const lines = outcomes.map(printOutcome);
  return [`${lane}: ${what}`, '', ...align([titles, ...rows]), '', ...lines].join('\n');
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

function printOutcome({ name, value, unit, floor, goal, atMost, limit }: Outcome): string {
  const bounds = [
    ...(floor === undefined ? [] : [`floor ${floor}`]),
    ...(goal === undefined ? [] : [`goal ${goal}`]),
    ...(limit === undefined ? [] : [`floor at most ${limit}`]),
    ...(atMost === undefined ? [] : [`goal at most ${atMost}`]),
  ];
  const said = `${name}: ${value.toFixed(2)}${unit === undefined ? '' : ` ${unit}`}`;
  return bounds.length === 0 ? said : `${said}  (${bounds.join(', ')})`;
}

function print(value: number | undefined, digits: number): string {
  if (value === undefined) return '-';
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
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
