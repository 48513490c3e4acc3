import {
  createTestDatabase,
  ledgerCommand,
  LedgerProcess,
  logEnvironment,
  reportFromJava,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COST, PRICES, PricesFile, usageEvent } from './support/priced-ledger';

const SCOPE = { type: 'user', userId: 'alice' };

describe.each(['Kafka', 'Postgres'] as const)('prices on a log in %s', (kind) => {
  const log = logEnvironment(kind);
  const file = new PricesFile();
  const folder = mkdtempSync(join(tmpdir(), 'priced-export-'));
  let db: TestDatabase;
  let other: TestDatabase;
  let ledger: LedgerProcess;
  let env: Record<string, string>;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    other = await createTestDatabase({ ledger: false });
    env = { DATABASE_URL: db.url, ...log.env };
    ledger = await LedgerProcess.start({
      env: { ...env, PRICES_FILE: file.path },
    });
  });
  afterAll(async () => {
    await ledger.stop();
    await log.remove();
    await db.drop();
    await other.drop();
    file.remove();
    rmSync(folder, { recursive: true });
  });

  const onRecord = (id: string) => ledger.http.get(`/v1/event?source=gw&id=${id}`);

  it('price usage, as the ledger’s own record says for ever', async () => {
    const event = usageEvent(SCOPE, { id: 'reported' });
    if (kind === 'Kafka') {
      await reportFromJava({
        brokers: env['KAFKA_BROKERS']!.split(','),
        value: JSON.stringify(event),
        topic: `${env['KAFKA_TOPIC_PREFIX']}spend.reported.v1`,
        headers: {},
      });
    } else {
      await ledger.http.post('/v1/events', event, 'application/cloudevents+json');
    }
    await waitUntil('it is on record', async () => (await onRecord('reported')).status === 200);
    expect((await onRecord('reported')).body).toMatchObject({
      ledgeramount: COST,
      ledgerprices: '2026-11-30',
    });
    await waitUntil('the prices are on record', async () => {
      return (await ledger.http.get('/v1/prices/2026-11-30')).status === 200;
    });
    // By other prices from here on: what is on record keeps its amount.
    file.write(PRICES.replace('2026-11-30', 'dear').replace('1.25', '99'));
    ledger.child.kill('SIGHUP');
    await waitUntil('the file was read again', () => /was read again/.test(ledger.output));
  });

  it('are the same after a rebuild', async () => {
    const rebuilt = await ledgerCommand(env, 'rebuild', '--swap', '--json');
    expect([rebuilt.status, rebuilt.stdout]).toEqual([
      0,
      expect.stringContaining('"differences":[]'),
    ]);
    expect((await onRecord('reported')).body).toMatchObject({ ledgeramount: COST });
    const { body } = await ledger.http.get('/v1/prices');
    expect(body.items).toMatchObject([{ version: 'dear' }, { version: '2026-11-30' }]);
    const verified = await ledgerCommand(env, 'verify', '--json');
    expect(JSON.parse(verified.stdout)).toMatchObject({ differences: [] });
  });

  it('are exported and imported', async () => {
    const path = join(folder, 'export.ndjson');
    const exported = await ledgerCommand(env, 'export', '--out', path);
    expect([exported.status, exported.stderr]).toEqual([
      0,
      expect.stringContaining('2 versions of prices'),
    ]);
    const rebuilt = await ledgerCommand(env, 'rebuild', '--from', path, '--json');
    expect([rebuilt.status, rebuilt.stderr]).toEqual([0, expect.anything()]);
    const reader = await LedgerProcess.start({
      env: { DATABASE_URL: other.url },
    });
    const imported = await ledgerCommand({ DATABASE_URL: other.url }, 'import', path);
    expect(imported).toMatchObject({ status: 0 });
    const spent = async () => (await reader.http.balance('user:alice')).body.spentAllTime;
    // The prices and the spend are in partitions of their own.
    await waitUntil('all is projected', async () => {
      const prices = await reader.http.get('/v1/prices');
      return prices.body.items?.length === 2 && (await spent()) !== '0.00';
    });
    const [here, there] = [
      await ledger.http.get('/v1/prices/2026-11-30'),
      await reader.http.get('/v1/prices/2026-11-30'),
    ];
    expect(there.body.models).toEqual(here.body.models);
    expect(await spent()).toBe(COST);
    await reader.stop();
  });
});
