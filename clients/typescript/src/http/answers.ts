/**
 * What an answer must have before it counts as one. A proxy may say 200 with a page of its own: then nobody knows whether
 * the ledger was asked. Members that are not named here may be there or not.
 */
export type Fits = (body: unknown) => boolean;
type Members = Readonly<Record<string, Fits>>;

const text: Fits = (value) => typeof value === 'string';
const textOrNull: Fits = (value) => value === null || text(value);
const number: Fits = (value) => typeof value === 'number';
const flag: Fits = (value) => typeof value === 'boolean';
const time: Fits = (value) => text(value) && !Number.isNaN(Date.parse(value as string));
const money: Fits = (value) => text(value) && /^-?\d+\.\d{2,12}$/.test(value as string);

export const decision = has({
  allowed: flag,
  decisionId: textOrNull,
  blockedBy: textOrNull,
  resetsAt: textOrNull,
  remaining: textOrNull,
  budgets: Array.isArray,
  position: text,
  decidedAt: time,
});
export const takenHold = has({
  holdId: text,
  amount: money,
  expiresAt: text,
  remainingTtlMs: number,
  decision,
});
export const hold = has({
  holdId: text,
  scope: isObject,
  state: text,
  createdAt: time,
  ageMs: number,
});
export const settledHold = has({ source: text, eventId: text, overrun: money, late: flag });
export const releasedHold = has({ released: money });
export const extendedHold = has({ amount: money, expiresAt: text, remainingTtlMs: number });
export const balance = has({ account: text, spentAllTime: money, held: money, unpriced: number });
export const budgetPage = has({ items: Array.isArray, nextPageToken: text });

/** The receipt of one event, not of another. */
export function receiptOf({ id, source }: { readonly id: string; readonly source: string }): Fits {
  const isSame = (expected: string) => (value: unknown) => value === expected;
  return has({ id: isSame(id), source: isSame(source), position: text, duplicate: flag });
}

/** As many results as there were events. */
export function resultsOf(count: number): Fits {
  const isResult = has({ status: number });
  return has({
    results: (value) => Array.isArray(value) && value.length === count && value.every(isResult),
  });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function has(members: Members): Fits {
  return (body) =>
    isObject(body) && Object.entries(members).every(([name, fits]) => fits(body[name]));
}
