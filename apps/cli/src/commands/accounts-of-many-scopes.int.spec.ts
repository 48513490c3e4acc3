import { instantOf, type Scope } from '#libs/ledger';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';
import { runCommand } from './ledger-commands.fixture';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const AT_ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice' };
const BOB: Scope = { type: 'user', userId: 'bob' };
const SEARCH = { labels: new Map([['project', 'a/b c%']]) };

/** What each account has of the calls below. */
const ACCOUNTS: readonly (readonly [account: string, ids: readonly string[], spent: string])[] = [
  ['person:alice', ['personal', 'of-team', 'labelled'], '13.00'],
  ['label:project/a%2Fb c%25', ['labelled', 'of-bob'], '12.00'],
  ['ledger', ['personal', 'of-team', 'labelled', 'of-bob', 'other'], '31.00'],
];

describe('persons, labels and the ledger on the command line', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    const calls = [
      spendRecord(ALICE, '1.00', { id: 'personal', time: at(1) }),
      spendRecord(AT_ML, '4.00', { id: 'of-team', time: at(2) }),
      spendRecord(AT_ML, '8.00', { id: 'labelled', time: at(3), ...SEARCH }),
      spendRecord(BOB, '4.00', { id: 'of-bob', time: at(4), ...SEARCH }),
      spendRecord(BOB, '14.00', { id: 'other', time: at(5) }),
    ];
    const log = openTestLog(db.database);
    await log.append(calls);
    await log.close();
    await projectLog(db.database);
  });
  afterAll(() => db.drop());

  const run = async (...args: string[]) => {
    const { out, status, refusal } = await runCommand(db, args);
    expect([refusal, status]).toEqual([undefined, 0]);
    return out;
  };

  it.each(ACCOUNTS)(
    'balance, events, explain and export agree on %s',
    async (account, ids, spent) => {
      expect(JSON.parse(await run('balance', account, '--json'))).toMatchObject({
        account,
        spentAllTime: spent,
      });
      const then = await run('balance', account, '--json', '--at', '2026-04-10T00:03:00Z');
      expect(JSON.parse(then).spentAllTime).not.toBe(spent);
      const events = (await run('events', account, '--json')).trimEnd().split('\n');
      expect(events.map((line) => JSON.parse(line).id)).toEqual(ids);
      const explained = JSON.parse(await run('explain', account, '--json'));
      expect(explained.windows).toMatchObject([{ spent, balance: spent, agrees: true }]);
      expect(explained.windows[0].entries.map(({ id }: { id: string }) => id)).toEqual(ids);
      const lines = (await run('export', '--account', account)).trimEnd().split('\n');
      expect(JSON.parse(lines[0]!).data.filter).toEqual({ account });
      const exported = lines.slice(1, -1).map((line) => JSON.parse(line).id);
      expect(exported.sort()).toEqual([...ids].sort());
    },
  );

  it.each(ACCOUNTS)('corrections of %s are of its calls', async (account, ids) => {
    const given = ['--reason', 'x', '--account', account, '--multiply', '2', '--json'];
    const batch = JSON.parse(await run('corrections', 'prepare', ...given));
    expect(batch.lines).toBe(ids.length);
    await run('corrections', 'drop', batch.batchId);
  });

  it('the table of a person has the teams of her calls', async () => {
    const out = await run('explain', 'person:alice');
    expect(out).toMatch(/ user +team +event /);
    expect(out).toMatch(/ alice +ml +test-gateway of-team /);
  });

  it('none of them owns events', async () => {
    for (const [account] of ACCOUNTS) {
      const { refusal } = await runCommand(db, ['export', '--owner', account]);
      expect(refusal).toContain('--owner must be a team, a user or a key');
    }
  });

  it.each(['ledger:', 'Ledger', 'label:org', 'label:/x', 'label:org/', 'label:org/a/b', 'person:'])(
    'there is no account %s',
    async (account) => {
      const { refusal } = await runCommand(db, ['balance', account]);
      expect(refusal).toMatch(/^The account must /);
    },
  );
});

function at(minute: number) {
  return instantOf(`2026-04-10T00:0${minute}:00Z`);
}
