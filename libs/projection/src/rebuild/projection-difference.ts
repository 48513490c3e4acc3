/** What two projections of one log do not agree about. */
export interface ProjectionDifference {
  readonly kind:
    | 'balance'
    | 'bucket'
    | 'window'
    | 'event'
    | 'budget_revision'
    | 'price_book'
    | 'quarantined'
    | 'partition';
  /** Which row, by the names of what tells it apart; an account by its name. */
  readonly about: Readonly<Record<string, string>>;
  /** Only the columns that differ, as text; null: the row is not there. */
  readonly live: Readonly<Record<string, string | null>> | null;
  readonly rebuilt: Readonly<Record<string, string | null>> | null;
  /** Some of the events that the figure is made of, the latest first; none where it is not a sum. */
  readonly events: readonly EventBehind[];
}

export interface EventBehind {
  readonly source: string;
  readonly id: string;
  readonly time: string;
  /** Decimal; null where the cost is unknown. */
  readonly amount: string | null;
}

/** Times as everywhere else, and what nobody reads cut short. */
export function shown(text: string | null): string | null {
  if (text === null) return null;
  const time = /^(\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00$/.exec(text);
  if (time) return `${time[1]}T${time[2]}Z`;
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

const MOST_SHOWN = 200;
