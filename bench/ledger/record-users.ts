import { spendEvent, type Answer, type HttpLedger } from '#libs/testing';
import { printCents } from './print-cents';

/** A person with a key, a budget, and what she spends at a time. */
export interface BenchUser {
  readonly userId: string;
  readonly keyId: string;
  readonly budgetId: string;
  readonly spendCents: number;
}

export const SPENDS_EACH = 3;
const LIMIT = '100.00';
/** No spend comes near a third of the limit, and all print in equally many digits. */
const LEAST_CENTS = 1000;
const DIFFERENT_CENTS = 2000;
const BATCH_EVENTS = 900;
const ADMINISTRATORS = 32;

export function benchUsers(count: number): BenchUser[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index).padStart(5, '0');
    return {
      userId: `user-${number}`,
      keyId: `key-${number}`,
      budgetId: `budget-${number}`,
      spendCents: LEAST_CENTS + (index % DIFFERENT_CENTS),
    };
  });
}

/** Gives users their budgets and spends, through the ledger's own doors. @returns a position that has all of it */
export async function recordUsers(http: HttpLedger, users: readonly BenchUser[]): Promise<string> {
  const positions: string[] = [];
  const waiting = users.values();
  const setBudgets = async (): Promise<void> => {
    for (const { budgetId, userId } of waiting) {
      const answer = await http.setBudget(budgetId, `user:${userId}`, LIMIT);
      positions.push(accepted(answer, 201).position);
    }
  };
  await Promise.all(Array.from({ length: ADMINISTRATORS }, setBudgets));
  const events = users.flatMap(spendsOf);
  for (let at = 0; at < events.length; at += BATCH_EVENTS) {
    const batch = events.slice(at, at + BATCH_EVENTS);
    const answer = await http.post('/v1/events', batch, 'application/cloudevents-batch+json');
    for (const { position } of accepted(answer, 200).results) positions.push(position);
  }
  return positions.join(',');
}

function spendsOf({ userId, keyId, spendCents }: BenchUser): object[] {
  const scope = { type: 'user', userId, keyId };
  return Array.from({ length: SPENDS_EACH }, () => spendEvent(scope, printCents(spendCents)));
}

function accepted({ status, body }: Answer, expected: number): Answer['body'] {
  if (status !== expected) throw new Error(`the ledger answered ${status}: ${body?.detail}`);
  return body;
}
