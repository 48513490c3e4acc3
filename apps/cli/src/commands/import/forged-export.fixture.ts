import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { instantOf, type Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import { adjustmentRecord, budgetRecord, spendRecord, type TestDatabase } from '#libs/testing';
import { contentHash } from '#libs/wire';
import { runCommand } from '../ledger-commands.fixture';

export type Json = Record<string, unknown>;
export type Path = readonly (string | number)[];

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const IN_TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const HOLD = '7d8b7a3e-6f0e-4b3c-9a51-0d6d3b0a9f11';
const BATCH = '0b1f2f8e-22f4-4e0c-8d1e-5c4f7a1b2c3d';
/** Of each line between the first and the last, what it is in the file of `forgeable`. */
export const LINES = {
  head: 'begun.v1',
  aside: 'record.quarantined',
  spend: '"call-1","source":"gateway"',
  settle: '"source":"ledger/holds"',
  correction: '"fix-1"',
  bulk: '"source":"ledger/corrections"',
  budget: 'budget.set',
  removal: 'budget.removed',
  end: 'ended.v1',
} as const;
export type Kind = keyof typeof LINES;

/** Records of every type that an export has, the ledger's own sources among them. */
export function forgeableRecords(): NewRecord[] {
  const spend = spendRecord(ALICE, '1.00', {
    id: 'call-1',
    source: 'gateway',
    requestId: 'r',
    model: 'gpt-5',
    metadata: { a: ['b', 1], c: { d: 'e' } },
  });
  const settle = {
    id: HOLD,
    holdId: HOLD,
    source: 'ledger/holds',
    holdOutcome: 'settled',
  } as const;
  return [
    { ...spend, headers: { ...spend.headers, ce_traceparent: '00-1' } },
    spendRecord(IN_TEAM, '2.00', { ...settle, time: instantOf('2026-04-27T10:00:01Z') }),
    adjustmentRecord(spend, '0.50', { id: 'fix-1' }),
    adjustmentRecord(spend, 'reverse', { source: 'ledger/corrections', id: `${BATCH}/1` }),
    budgetRecord('b', 1, { account: 'user:alice', warnAt: ['0.8'], limit: '3.00' }),
    budgetRecord('b', 2, null),
    { ...spend, headers: { ...spend.headers, ce_x: 'y' }, value: Buffer.from('{') },
  ];
}

export async function closeApril({ database }: TestDatabase): Promise<void> {
  await sql`
    insert into closed_month (month, zone, known_at, closed_at, closed_by)
    values ('2026-04', 'Europe/Berlin', '2026-05-03T00:00:00Z', '2026-05-03T00:00:01Z', 'finance')`.execute(
    database.kysely,
  );
}

/** The lines of an export. */
export async function exportedLines(db: TestDatabase, file: string): Promise<string[]> {
  const { refusal } = await runCommand(db, ['export', '--out', file]);
  expect(refusal).toBeUndefined();
  return (await readFile(file, 'utf8')).trimEnd().split('\n');
}

/** With a last line that is true of the others: a forger can write one. */
export function sealed(lines: readonly string[]): string {
  const before = `${lines.slice(0, -1).join('\n')}\n`;
  const end = JSON.parse(lines.at(-1)!) as { data: object };
  const sha256 = createHash('sha256').update(before).digest('hex');
  return `${before}${JSON.stringify({ ...end, data: { lines: lines.length - 2, sha256 } })}\n`;
}

/** With the hash of what it says now, if it had one. */
export function rehashed(line: Json): Json {
  const { type, time, contenthash, data } = line;
  if (contenthash === undefined) return line;
  const isBudget = String(type).includes('budget');
  const says = isBudget ? { type, ...(data as Json) } : { type, time, ...(data as Json) };
  // Of half a surrogate there is none.
  return /\\ud[89a-f]/.test(JSON.stringify(says))
    ? line
    : { ...line, contenthash: contentHash(says) };
}

/** Nothing of an import is there: no claim, no record, no word of it, and the ledger is open. */
export async function isUntouched({ database }: TestDatabase): Promise<boolean> {
  const { rows } = await sql<{ untouched: boolean }>`
    select not exists (select from event_claim) and not exists (select from log_record)
      and not exists (select from log_import) and not exists (select from closed_month)
      and not exists (select from pg_trigger where tgname = 'no_other_during_import' and tgenabled <> 'D')
      as untouched`.execute(database.kysely);
  return rows[0]!.untouched;
}

/** The paths of all that is no object and no list. */
export function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, member]) =>
    leavesOf(member, [...path, Array.isArray(value) ? Number(name) : name]),
  );
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((at, name) => (at as Json)[name], value);
}

/** Hashed anew, unless the hash is what is forged. */
export function forgedLine(whole: Json, path: Path, forged: { value?: unknown }): Json {
  const line = withMember(whole, path, forged);
  return path[0] === 'contenthash' ? line : rehashed(line);
}

/** A copy with another value there, or without the member. */
function withMember(whole: Json, path: Path, forged: { value?: unknown }): Json {
  const copy = structuredClone(whole);
  const parent = valueAt(copy, path.slice(0, -1)) as Json;
  const last = path.at(-1)!;
  if ('value' in forged) parent[last] = forged.value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}
