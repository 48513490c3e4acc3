import {
  createTestDatabase,
  ledgerCommand,
  LedgerProcess,
  positionOf,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { keepToken } from '../access/support/credentials';
import { ApiDocument } from '../e2e/support/api-document';
import { expectProblem } from '../e2e/support/expect-problem';

const API = new ApiDocument();
const STATEMENT = 'GET /v1/statements/{month}';
const MONTHS = 'GET /v1/months';
const ML = { type: 'team', teamId: 'ml', userId: 'alice' };
const BERLIN = 'zone=Europe/Berlin';

describe('statements over HTTP', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let auditor: HttpLedger;
  let ofMl: HttpLedger;
  let minPosition: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
    const roles = ['record', 'admin', 'audit'] as const;
    auditor = ledger.http.as(await keepToken(db.database, 'auditor', roles));
    const accounts = ['team:ml'];
    ofMl = ledger.http.as(await keepToken(db.database, 'of-ml', ['audit'], { accounts }));
    const of = { id: 'wrong' };
    const time = '2026-03-31T21:59:59Z';
    const spends = [
      await auditor.record(ML, '30.000000000001', of, { model: 'gpt-5' }),
      await auditor.record(ML, '5.00', { time }),
      await auditor.record({ type: 'team', teamId: 'ops' }, '1.00'),
      await auditor.record(ML, undefined, {}, { basis: 'unknown' }),
    ];
    const { id, source } = spends[0]!.body;
    spends.push(await auditor.correct({ id, source }, { kind: 'amend', amount: '25.00' }));
    minPosition = positionOf(spends);
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  const command = (...args: string[]) => ledgerCommand({ DATABASE_URL: db.url }, ...args);
  const get = (path: string, http = auditor) =>
    http.get(`${path}&minPosition=${encodeURIComponent(minPosition)}`);

  async function expectAsPrinted(month: string): Promise<void> {
    const answer = await get(`/v1/statements/${month}?${BERLIN}`);
    expect(API.faultsOf(STATEMENT, answer)).toEqual([]);
    const args = ['--month', month, '--zone', 'Europe/Berlin', '--json'];
    expect(answer.body).toEqual(JSON.parse((await command('statement', ...args)).stdout));
  }

  it('are what the command line prints, of months that are open and that are closed', async () => {
    await expectAsPrinted('2026-04');
    await expectAsPrinted('2026-03');
    for (const month of ['2026-03', '2026-04']) {
      const closed = await command(
        'close',
        '--month',
        month,
        '--zone',
        'Europe/Berlin',
        '--by',
        'finn',
      );
      expect(closed).toMatchObject({ status: 0 });
    }
    const late = await auditor.record(ML, '2.00');
    minPosition = `${minPosition},${late.body.position}`;
    await expectAsPrinted('2026-04');
    const frozen = await get(`/v1/statements/2026-04?${BERLIN}&account=team:ml`);
    expect(frozen.body).toMatchObject({
      closed: { month: '2026-04', closedBy: 'finn' },
      teams: [{ team: 'ml', opening: '5.00', closing: '30.00' }],
    });
  });

  it('say which months are closed, the latest first', async () => {
    const answer = await auditor.get(`/v1/months?${BERLIN}`);
    expect(API.faultsOf(MONTHS, answer)).toEqual([]);
    expect(answer.body).toMatchObject({
      zone: 'Europe/Berlin',
      items: [
        { month: '2026-04', closedBy: 'finn' },
        { month: '2026-03', closedBy: 'finn' },
      ],
      nextPageToken: '',
    });
    const paged = await auditor.items(`/v1/months?${BERLIN}&pageSize=1`);
    expect(paged).toEqual(answer.body.items);
    expect((await auditor.get('/v1/months')).body).toMatchObject({ zone: 'UTC', items: [] });
  });

  it('are shown to a team of its own alone', async () => {
    const own = await get('/v1/statements/2026-04?account=team:ml', ofMl);
    expect(own.body.teams).toMatchObject([{ team: 'ml' }]);
    for (const path of [
      '/v1/statements/2026-04?',
      '/v1/statements/2026-04?account=team:ops',
      '/v1/months?',
    ]) {
      expectProblem(await ofMl.get(path), 403, 'forbidden', []);
    }
  });

  it.each([
    ['/v1/statements/2026-13?', 'month', 'month'],
    ['/v1/statements/2026-04?account=user:alice', 'account', 'team'],
    ['/v1/statements/2026-04?zone=Nowhere', 'zone', 'time_zone'],
    ['/v1/months?pageToken=x', 'pageToken', 'page_token'],
  ])('refuse %s', async (path, field, rule) => {
    expectProblem(await auditor.get(path), 400, 'invalid', [[field, rule]]);
  });
});
