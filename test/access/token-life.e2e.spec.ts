import { createTestDatabase, LedgerProcess, waitUntil, type TestDatabase } from '#libs/testing';
import { accessCommand, createToken, refusedCommand } from './support/credentials';

const ALICE = { type: 'user', userId: 'alice' };
/** Of the promise that a change is effective everywhere; generous, for a busy machine. */
const EFFECTIVE_MS = 10_000;

describe('the life of a token', () => {
  let db: TestDatabase;
  let env: { DATABASE_URL: string };
  let replicas: LedgerProcess[];

  beforeAll(async () => {
    db = await createTestDatabase();
    env = { DATABASE_URL: db.url };
    const closed = { env: { ...env, INSECURE_NO_AUTH: '' } };
    replicas = await Promise.all([LedgerProcess.start(closed), LedgerProcess.start(closed)]);
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await db.drop();
  });

  const statuses = (token: string): Promise<number[]> =>
    Promise.all(replicas.map(async ({ http }) => (await http.as(token).check(ALICE)).status));
  const untilRefused = (token: string) =>
    waitUntil(
      'every replica refuses the token',
      async () => (await statuses(token)).every((status) => status === 401),
      EFFECTIVE_MS,
    );

  it('begins everywhere at once', async () => {
    const token = await createToken(env, 'new', 'check');
    expect(token).toMatch(/^slt_[A-Za-z0-9_-]{43}$/);
    expect(await statuses(token)).toEqual([200, 200]);
  });

  it('ends everywhere when it is revoked', async () => {
    const token = await createToken(env, 'revoked', 'check');
    expect(await statuses(token)).toEqual([200, 200]);
    await accessCommand(env, 'tokens', 'revoke', 'revoked', '--by', 'olga');
    await untilRefused(token);
    const { items } = (await accessCommand(env, 'tokens', 'list')) as { items: object[] };
    expect(items).toContainEqual(
      expect.objectContaining({ name: 'revoked', state: 'revoked', revokedBy: 'olga' }),
    );
    const again = await refusedCommand(env, 'tokens', 'revoke', 'revoked');
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('no token') });
  });

  it('ends when it expires', async () => {
    const token = await createToken(env, 'short', 'check', '--expires', 'PT3S');
    expect(await statuses(token)).toEqual([200, 200]);
    await untilRefused(token);
  });

  it('goes on under another secret when it is rotated', async () => {
    const first = await createToken(env, 'rotated', 'check', '--user', 'alice');
    const hold = await replicas[0]!.http.as(first).hold(ALICE, '1.00');
    const rotated = (await accessCommand(env, 'tokens', 'rotate', 'rotated')) as { token: string };
    expect(await statuses(rotated.token)).toEqual([200, 200]);
    await untilRefused(first);
    const second = replicas[1]!.http.as(rotated.token);
    expect(await second.check({ type: 'user', userId: 'bob' })).toMatchObject({ status: 403 });
    const { holdId } = hold.body as { holdId: string };
    expect(await second.settle(holdId, '0.50')).toMatchObject({ status: 200 });
  });

  it('is left for as long as its successor is being handed out', async () => {
    const first = await createToken(env, 'handed-over', 'check');
    const args = ['tokens', 'rotate', 'handed-over', '--overlap', 'PT4S'];
    const { token } = (await accessCommand(env, ...args)) as { token: string };
    expect(await statuses(first)).toEqual([200, 200]);
    expect(await statuses(token)).toEqual([200, 200]);
    await untilRefused(first);
    expect(await statuses(token)).toEqual([200, 200]);
    await accessCommand(env, 'tokens', 'revoke', 'handed-over');
    await untilRefused(token);
  });

  it('leaves nothing of the token but its hash', async () => {
    const token = await createToken(env, 'kept', 'check');
    const { items } = (await accessCommand(env, 'tokens', 'list')) as { items: object[] };
    expect(JSON.stringify(items)).not.toContain(token);
    const rows = await db.database.kysely.selectFrom('credential').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token.slice(4));
  });

  it.each([
    [['create', '--name', 'x', '--roles', 'king'], '--roles must be some of record'],
    [['create', '--roles', 'check'], 'Say whose it is'],
    [['create', '--name', 'x'], '--roles'],
    [['create', '--name', 'x', '--roles', 'check', '--account', 'alice'], '--account'],
    [['create', '--name', 'x', '--roles', 'check', '--expires', 'soon'], '--expires must be'],
    [['create', '--name', 'x', '--roles', 'check', '--source', 's'], '--source binds'],
    [['create', '--name', 'new', '--roles', 'check'], 'There is one of the name "new"'],
    [['create', '--name', 'anonymous', '--roles', 'check'], 'showed no credential'],
    [['rotate', 'nobody'], 'There is no token'],
    [['steal'], 'There is no "steal" here'],
  ])('is not given for %j', async (args, sentence) => {
    const refused = await refusedCommand(env, 'tokens', ...args);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain(sentence);
  });
});
