import { LedgerFolder, LedgerProcess, ledgerCommand } from '#libs/testing';

/** The embedded ledger of a folder, which nothing serves while the command looks into it. */
describe('a balance in the terminal, of a ledger that does not run', () => {
  let folder: LedgerFolder;
  let recordedAt: string;
  let answered: string;

  const balance = (...args: string[]) =>
    ledgerCommand({ DATA_DIR: folder.dataDir }, 'balance', 'user:alice', ...args);

  beforeAll(async () => {
    folder = await LedgerFolder.create();
    const ledger = await LedgerProcess.start({ env: { DATA_DIR: folder.dataDir } });
    const { body } = await ledger.http.record({ type: 'user', userId: 'alice' }, '1.00');
    recordedAt = body.recordedAt;
    answered = JSON.stringify(await ledger.http.get(known(recordedAt)));
    await ledger.stop();
  });

  afterAll(() => folder.remove());

  it('is what was known while it ran', async () => {
    expect(answered).toContain('"spentAllTime":"1.00"');
    const { status, stdout } = await balance('--known-at', recordedAt, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ spentAllTime: '1.00' });
  });

  it('is refused of a time when it stood still: what was known then is not final', async () => {
    const knownAt = new Date().toISOString();
    expect(await balance('--known-at', knownAt)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^The ledger stood still before \S+Z, so what was known then is not final: start it and ask again\.\n$/m,
      ),
    });
    const { status, stdout } = await balance('--at', knownAt, '--json');
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { spentAllTime: '1.00' }]);
  });
});

const known = (at: string) => `/v1/balances?account=user:alice&knownAt=${at}`;
