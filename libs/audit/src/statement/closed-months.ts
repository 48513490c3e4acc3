import { formatInstant, instantOf, parseMonth, type Instant, type Month } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { sql, type RawBuilder } from 'kysely';

/** Whose figures stay as they were known. */
export interface ClosedMonth {
  readonly month: Month;
  readonly knownAt: Instant;
  readonly closedAt: Instant;
  readonly closedBy: string;
}

/** The closed months of a zone, in their order. */
export class ClosedMonths {
  private constructor(private readonly closed: readonly ClosedMonth[]) {}

  static async read(kysely: Database['kysely'], zone: string): Promise<ClosedMonths> {
    const rows = await kysely
      .selectFrom('closed_month')
      .select(['month', 'known_at', 'closed_at', 'closed_by'])
      .where('zone', '=', zone)
      .orderBy('month')
      .execute();
    return new ClosedMonths(
      rows.map((row) => ({
        month: monthOf(row.month, zone),
        knownAt: instantOf(row.known_at),
        closedAt: instantOf(row.closed_at),
        closedBy: row.closed_by,
      })),
    );
  }

  /** The latest first: those before a month, or all. */
  before(name: string | undefined): ClosedMonth[] {
    return this.closed.filter(({ month }) => name === undefined || month.name < name).reverse();
  }

  find({ name }: Month): ClosedMonth | undefined {
    return this.closed.find(({ month }) => month.name === name);
  }

  /**
   * What closes a month: of it and those after it the one that was closed first, as a month is closed with all before it.
   * So what one month leaves is what the next one begins with, in whatever order they are closed.
   */
  closing(month: Month): ClosedMonth | undefined {
    return this.closed
      .filter((closed) => closed.month.name >= month.name)
      .reduce<ClosedMonth | undefined>(
        (first, closed) => (first && !isEarlier(closed, first) ? first : closed),
        undefined,
      );
  }

  /** Whether a month before it was closed later than an instant. */
  hasEarlierAfter({ name }: Month, instant: Instant): boolean {
    return this.closed.some(({ month, knownAt }) => month.name < name && knownAt > instant);
  }

  /** When the month of an entry `entry` was closed, in SQL; infinity: it is open. */
  get closedAt(): RawBuilder<string> {
    const ends = this.closed.map(({ month }) => boundOf(month.window.end));
    const known = this.closed.map(({ knownAt }) => formatInstant(knownAt));
    return sql`coalesce((
      select min(closed.known_at)
      from unnest(${ends}::timestamptz[], ${known}::timestamptz[]) as closed (month_end, known_at)
      where closed.month_end > entry.time), 'infinity')`;
  }
}

/** Of one that was closed with a later month, and then by itself, the figures have been final since the first. */
function isEarlier(one: ClosedMonth, other: ClosedMonth): boolean {
  return one.knownAt === other.knownAt
    ? one.closedAt < other.closedAt
    : one.knownAt < other.knownAt;
}

function boundOf(end: Instant | null): string {
  return end === null ? 'infinity' : formatInstant(end);
}

function monthOf(name: string, zone: string): Month {
  const month = parseMonth(name, zone, 'month');
  if (!month.ok) throw new Error(`the closed month ${name} in ${zone} cannot be read`);
  return month.value;
}
