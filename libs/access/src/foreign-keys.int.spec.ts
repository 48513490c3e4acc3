import fc from 'fast-check';
import { formatAccount, type Scope } from '#libs/ledger';
import { Database } from '#libs/postgres';
import {
  createTestDatabase,
  logRecords,
  openTestLog,
  projectBatch,
  projectLog,
  propertyOptions,
  rowsRead,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';
import { keyInUse, readForeignKeys } from './foreign-keys';

const bound = (...accounts: string[]) => ({ accounts, sources: [] });

const KEY = 'k';
const owners: fc.Arbitrary<Scope> = fc.oneof(
  fc.record({
    type: fc.constant('team' as const),
    teamId: fc.constantFrom('ml', 'ops'),
    userId: fc.constantFrom('alice', 'bob'),
  }),
  fc.record({ type: fc.constant('team' as const), teamId: fc.constantFrom('ml', 'a/b') }),
  fc.record({ type: fc.constant('user' as const), userId: fc.constantFrom('alice', 'bob', 'ml') }),
  fc.constant({ type: 'key' as const, keyId: KEY }),
);
const bindings = fc.uniqueArray(
  fc.constantFrom(
    'team:ml',
    'team:ops',
    'team:a%2Fb',
    'member:ml/alice',
    'user:alice',
    'user:bob',
    'user:ml',
    'key:other',
  ),
  { minLength: 1, maxLength: 4 },
);

describe('keys that others use', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase({ autovacuum: false });
  });
  afterEach(() => db.drop());

  const record = async (...scopes: readonly Scope[]) => {
    const log = openTestLog(db.database);
    await log.append(scopes.map((scope) => spendRecord(scope, '1.00')));
    await log.close();
    await projectLog(db.database);
  };
  const isForeign = async (accounts: readonly string[], keyId: string) => {
    const key = keyInUse(bound(...accounts), { type: 'key', keyId });
    const [found] = key ? await readForeignKeys(db.database, [key]) : [false];
    return found;
  };

  it.each<[string, string[], Scope]>([
    ['nobody is bound', [], { type: 'team', teamId: 'ml', keyId: KEY }],
    ['no key is named', ['team:ml'], { type: 'team', teamId: 'ml' }],
    ['the key is bound', ['team:ml', 'key:k'], { type: 'team', teamId: 'ml', keyId: KEY }],
    ['the key that nobody owns is bound', ['key:a%2Fb'], { type: 'key', keyId: 'a/b' }],
  ])('are not looked up where %s', (_what, accounts, scope) => {
    expect(keyInUse(bound(...accounts), scope)).toBeUndefined();
  });

  it('are those with spends of an owner that the caller is not bound to, or of nobody', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(owners, { maxLength: 4 }), bindings, async (used, accounts) => {
        const keyId = `k${runs++}`;
        const scopes = used.map((scope) => ({ ...scope, keyId }));
        await record(...scopes);
        const own = new Set(accounts.map((name) => name.replace(/^member:([^/]+)\/.*/, 'team:$1')));
        const ownerOf = (scope: Scope) =>
          scope.type === 'team'
            ? formatAccount({ kind: 'team', teamId: scope.teamId })
            : scope.type === 'user'
              ? formatAccount({ kind: 'user', userId: scope.userId })
              : formatAccount({ kind: 'key', keyId });
        expect(await isForeign(accounts, keyId)).toBe(
          scopes.some((scope) => !own.has(ownerOf(scope))),
        );
      }),
      propertyOptions(40),
    );
  });

  it('are told of many questions at once, in their order', async () => {
    await record(
      { type: 'team', teamId: 'ml', keyId: 'own' },
      { type: 'team', teamId: 'ops', keyId: 'other' },
    );
    const keys = ['own', 'other', 'new', 'other', 'own'].map((keyId) =>
      keyInUse(bound('team:ml'), { type: 'key', keyId })!,
    );
    expect(await readForeignKeys(db.database, keys)).toEqual([false, true, false, true, false]);
    expect(await readForeignKeys(db.database, [])).toEqual([]);
  });

  it('take as few rows to find after 3,000 spends as after one', async () => {
    const database = new Database({ ...db.options, maxConnections: 1 });
    try {
      const key = keyInUse(bound('team:ml', 'user:alice'), { type: 'key', keyId: KEY })!;
      const read = async () => {
        const before = await rowsRead(database, 'spend_event');
        // As often as makes Postgres keep a plan.
        for (let n = 0; n < 10; n++)
          expect(await readForeignKeys(database, [key])).toEqual([false]);
        return (await rowsRead(database, 'spend_event')) - before;
      };
      const [first, ...others] = logRecords(
        Array.from({ length: 3001 }, () =>
          spendRecord({ type: 'team', teamId: 'ml', keyId: KEY }, '0.01'),
        ),
      );
      await projectBatch(database, [first!]);
      const few = await read();
      await projectBatch(database, others);
      expect(await read()).toBeLessThanOrEqual(few + 100);
    } finally {
      await database.close();
    }
  });
});
