import { sql } from 'kysely';
import {
  emptyProjection,
  spoilRecord,
  type Answer,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';

/**
 * LiteLLM #26239: calls with a team's key were also added to the person's own spend, and her personal key was refused:
 * `Current cost: 411.92, Max budget: 200.0`, though her personal spend was about 11.
 */
export const PERSONAL = { type: 'user', userId: 'alice', keyId: 'alice-personal' };
export const TEAM = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'alice-at-ml' };
const PERSONAL_CALLS = ['4.00', '3.92', '2.50', '1.50'];
const TEAM_CALLS = ['150.00', '100.25', '99.75', '50.00'];

const EXPECTED = {
  'user:alice': '11.92',
  'key:alice-personal': '11.92',
  'team:ml': '400.00',
  'member:ml/alice': '400.00',
  'key:alice-at-ml': '400.00',
};

/** @returns a position that has all of it */
export async function replayReport(
  http: HttpLedger,
  window: object = { type: 'total' },
): Promise<string> {
  const answers: Answer[] = [
    await http.setBudget('alice-personal-200', 'user:alice', '200.00', { window }),
  ];
  for (const amount of PERSONAL_CALLS) answers.push(await http.record(PERSONAL, amount));
  for (const amount of TEAM_CALLS) answers.push(await http.record(TEAM, amount));
  for (const { status } of answers) expect(status).toBe(201);
  return answers.map(({ body }) => body.position as string).join(',');
}

export async function expectTheTruth(http: HttpLedger, minPosition: string): Promise<void> {
  const check = await http.check(PERSONAL, { minPosition });
  expect(check.status).toBe(200);
  expect(check.body).toMatchObject({ allowed: true, message: '', blockedBy: null });
  expect(check.body.budgets).toEqual([
    expect.objectContaining({
      budgetId: 'alice-personal-200',
      spent: '11.92',
      remaining: '188.08',
    }),
  ]);
  for (const [account, spent] of Object.entries(EXPECTED)) {
    const balance = await http.balance(account, minPosition);
    expect([account, balance.body.spentAllTime]).toEqual([account, spent]);
  }
}

/** What a rebuild starts from: no row of the projection is left, only the log. */
export async function dropProjection({ database }: TestDatabase): Promise<void> {
  await emptyProjection(database, { budgets: true });
  await spoilRecord(database, (trx) => sql`truncate quarantine`.execute(trx));
}
