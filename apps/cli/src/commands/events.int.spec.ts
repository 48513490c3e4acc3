import { instantOf, type Scope } from '#libs/ledger';
import {
  adjustmentRecord,
  createTestDatabase,
  openTestLog,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';
import { projectAll, runCommand } from './ledger-commands.fixture';

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const at = (minute: number) => instantOf('2026-04-27T10:00:00Z') + BigInt(minute) * 60_000_000n;

describe('the list of an account', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    const first = spendRecord(ALICE, '2.00', { id: 'first', time: at(1), model: 'gpt-5' });
    const many = Array.from({ length: 1100 }, (_, n) =>
      spendRecord({ type: 'team', teamId: 'ml' }, '0.01', { id: `n-${n}` }),
    );
    await openTestLog(db.database).append([
      spendRecord(ALICE, undefined, { id: 'second', time: at(2) }),
      first,
      adjustmentRecord(first, '0.5', { id: 'amended', reason: 'a wrong price' }),
      ...many,
    ]);
    await projectAll(db);
  });
  afterAll(() => db.drop());

  it('is a table with the running total', async () => {
    const { out } = await runCommand(db, ['events', 'user:alice']);
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['time', 'entry', 'amount', 'total', 'model', 'scope', 'source', 'id', 'by', 'why'],
      Array.from({ length: 10 }, () => expect.stringMatching(/^-+$/)),
      [
        '2026-04-27T10:01:00Z',
        'spend',
        '2.00',
        '2.00',
        'gpt-5',
        'alice, key k',
        'test-gateway',
        'first',
        'test',
      ],
      [
        ...[
          '2026-04-27T10:01:00Z',
          'amend',
          '-1.50',
          '0.50',
          'gpt-5',
          'alice, key k',
          'test-finance',
        ],
        ...['amended', 'test', 'a wrong price (test-gateway first)'],
      ],
      [
        '2026-04-27T10:02:00Z',
        'spend',
        'unknown',
        '0.50',
        'alice, key k',
        'test-gateway',
        'second',
        'test',
      ],
      [''],
    ]);
  });

  it('goes on over pages', async () => {
    const { out } = await runCommand(db, ['events', 'team:ml']);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(1102);
    expect(lines.at(-1)).toMatch(/0\.01 +11\.00 /);
    expect(new Set(lines.map((line) => / (n-\d+)/.exec(line)?.[1])).size).toBe(1101);
  });

  it('is CloudEvents with --json, of a time where one is given', async () => {
    const args = ['events', 'user:alice', '--from', '2026-04-27T10:02:00Z', '--json'];
    const { out } = await runCommand(db, args);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toEqual([expect.objectContaining({ id: 'second', specversion: '1.0' })]);
  });

  it.each<[string[], RegExp]>([
    [['alice'], /^The account must be/],
    [[], /^Usage: npm run ledger -- events <account>/],
    [['user:a', '--to', '2026-04-27'], /^--to must be an RFC 3339 time/],
    [['user:a', '--from', '2026-04-28T10:00:00Z', '--to', '2026-04-27T10:00:00Z'], /--to must not/],
  ])('is refused with %j', async (args, sentence) => {
    const { status, refusal } = await runCommand(db, ['events', ...args]);
    expect([status, refusal]).toEqual([2, expect.stringMatching(sentence)]);
  });
});
