import {
  fillVaried,
  ledgerCommand,
  LedgerProcess,
  workloadSeed,
  type TestDatabase,
} from '#libs/testing';
import { HOSTILE, LEVELS, underSettings } from './support/hostile-settings';

const SEED = workloadSeed();
const CHANGES = 30;

describe.each(LEVELS)(`a ledger whose %s has all hostile settings (FC_SEED=${SEED})`, (level) => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  const command = (...args: string[]) => ledgerCommand({ DATABASE_URL: db.url }, ...args);

  beforeAll(async () => {
    db = await underSettings(level, HOSTILE, { ledger: false });
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
  });
  afterAll(async () => {
    await ledger?.stop();
    await db.drop();
  });

  it('records, corrects, checks and holds', async () => {
    await fillVaried(ledger.http, SEED);
    const carol = { type: 'user', userId: 'carol' };
    expect((await ledger.http.setBudget('carol', 'user:carol', '10.00')).body.applied).toBe(true);
    expect((await ledger.http.hold(carol, '6.00')).status).toBe(201);
    expect((await ledger.http.hold(carol, '6.00')).status).toBe(429);
    expect((await ledger.http.check(carol, { estimate: '5.00' })).body.allowed).toBe(false);
  });

  it('lets administrators change a budget at the same time', async () => {
    const changes = Array.from({ length: CHANGES }, (_, n) =>
      ledger.http.setBudget('team', 'team:team-1', `${1000 + n}.00`),
    );
    const statuses = (await Promise.all(changes)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 201)).toEqual([]);
  });

  it('verifies, rebuilds and exports', async () => {
    for (const args of [['verify'], ['rebuild', '--swap'], ['verify']]) {
      const { status, stdout } = await command(...args, '--json');
      expect([args, status, JSON.parse(stdout)]).toMatchObject([args, 0, { differences: [] }]);
    }
    expect(await command('export')).toMatchObject({ status: 0 });
  });

  it('has nothing to complain of', () => {
    expect(ledger.errors).not.toMatch(/"level":"(?:error|fatal)"/);
  });
});
