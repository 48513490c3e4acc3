import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTestDatabase,
  ledgerCommand,
  LedgerProcess,
  projectionDifferences,
  spendEvent,
  type TestDatabase,
} from '#libs/testing';

const WEEK = ['--from', '2026-04-20T00:00:00Z', '--to', '2026-04-27T00:00:00Z'];
const ALICE = { type: 'user', userId: 'alice' };
const ML = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' };
const WRONG = { model: 'gpt-5' };
const BATCH = 'application/cloudevents-batch+json';

describe('corrections in bulk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'corrections-'));
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    const call = (n: number, scope: object, amount: string | undefined, time: string, data = {}) =>
      spendEvent(scope, amount, { id: `call-${n}`, time }, data);
    const batch = [
      call(1, ML, '100.00', '2026-04-20T00:00:00Z', WRONG),
      call(2, ML, '50.00', '2026-04-26T23:59:59.999999Z', WRONG),
      call(3, ML, '7.00', '2026-04-27T00:00:00Z', WRONG),
      call(4, ML, '3.00', '2026-04-21T00:00:00Z', { model: 'other' }),
      call(5, ALICE, '0.01', '2026-04-22T00:00:00Z', WRONG),
      call(6, ALICE, undefined, '2026-04-22T00:00:00Z', { ...WRONG, basis: 'unknown' }),
    ];
    const { body } = await ledger.http.post('/v1/events', batch, BATCH);
    const position = body.results.map((each: { position: string }) => each.position).join();
    expect((await ledger.http.balance('team:ml', position)).body.spentAllTime).toBe('160.00');
  });
  afterAll(async () => {
    expect(await projectionDifferences(db.database)).toEqual([]);
    await ledger.stop();
    await db.drop();
    rmSync(folder, { recursive: true });
  });

  const run = (...args: string[]) =>
    ledgerCommand({ DATABASE_URL: db.url }, 'corrections', ...args);
  const json = async (...args: string[]) => {
    const { status, stdout, stderr } = await run(...args, '--json');
    if (status !== 0) throw new Error(stderr);

    return JSON.parse(stdout);
  };
  const spent = async (account: string) =>
    (await ledger.http.balance(account)).body.spentAllTime as string;

  it('are shown as what they change, then count all together, and are taken back as a whole', async () => {
    const said = ['--reason', 'ten times the price', '--by', 'finn'];
    const prepared = await json(
      'prepare',
      ...said,
      '--model',
      'gpt-5',
      ...WEEK,
      '--multiply',
      '0.1',
    );
    expect(prepared).toMatchObject({ state: 'prepared', lines: 3, preparedBy: 'finn' });
    expect(prepared.differences).toEqual([
      difference('person:alice', 3, '150.01', '15.001', '-135.009'),
      difference('ledger', 3, '150.01', '15.001', '-135.009'),
      difference('key:key-7', 2, '150.00', '15.00', '-135.00'),
      difference('member:ml/alice', 2, '150.00', '15.00', '-135.00'),
      difference('team:ml', 2, '150.00', '15.00', '-135.00'),
      difference('user:alice', 1, '0.01', '0.001', '-0.009'),
    ]);
    expect(await spent('team:ml')).toBe('160.00');

    const committed = await json('commit', prepared.batchId, '--by', 'finn');
    expect(committed).toMatchObject({ state: 'committed', endedBy: 'finn' });
    expect([await spent('team:ml'), await spent('user:alice')]).toEqual(['25.00', '0.001']);
    const twice = await run('commit', prepared.batchId);
    expect(twice).toMatchObject({ status: 2, stdout: '' });
    expect(twice.stderr).toContain('The batch is committed since');

    const back = await json('reverse', prepared.batchId, '--reason', 'the price was right');
    expect(back).toMatchObject({ state: 'prepared', lines: 3, reverses: prepared.batchId });
    await json('commit', back.batchId);
    expect([await spent('team:ml'), await spent('user:alice')]).toEqual(['160.00', '0.01']);
    expect((await json('list')).items).toHaveLength(2);
    const text = await run('show', prepared.batchId);
    expect(text.stdout).toMatch(/^team:ml +2 +150\.00 +15\.00 +-135\.00$/m);
  });

  it('complete unknown costs, and leave one that was corrected meanwhile for a second look', async () => {
    const file = csv('test-gateway,call-6,amend,0.02', 'test-gateway,call-4,reverse,');
    const prepared = await json('prepare', '--reason', 'priced late', '--csv', file);
    expect(prepared.differences).toContainEqual({
      ...difference('user:alice', 1, '0.00', '0.02', '0.02'),
      completed: 1,
    });
    const other = { source: 'test-gateway', id: 'call-4' };
    const { body } = await ledger.http.correct(other, { kind: 'amend', amount: '2.00' });
    await ledger.http.balance('team:ml', body.position);
    const refused = await run('commit', prepared.batchId);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('Nothing was committed: spends were corrected since');
    expect(await spent('user:alice')).toBe('0.01');
    await json('drop', prepared.batchId);
    const again = await json('prepare', '--reason', 'priced late', '--csv', file);
    await json('commit', again.batchId);
    const { body: alice } = await ledger.http.balance('user:alice');
    expect(alice).toMatchObject({ spentAllTime: '0.03', unpriced: 0 });
    expect(await spent('team:ml')).toBe('157.00');
  });

  function csv(...lines: string[]): string {
    const file = join(folder, 'corrections.csv');
    writeFileSync(file, ['source,id,kind,amount', ...lines, ''].join('\n'));
    return file;
  }
});

function difference(
  account: string,
  calls: number,
  before: string,
  after: string,
  change: string,
): object {
  return { account, calls, before, after, difference: change, completed: 0 };
}
