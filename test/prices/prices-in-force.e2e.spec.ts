import { ledgerCommand, waitUntil } from '#libs/testing';
import { ApiDocument } from '../e2e/support/api-document';
import { expectProblem } from '../e2e/support/expect-problem';
import { COST, PricedLedger, PRICES, USAGE } from './support/priced-ledger';

const ALICE = { type: 'user', userId: 'alice' };

describe('the prices in force', () => {
  let ledger: PricedLedger;

  beforeAll(async () => {
    ledger = await PricedLedger.start();
  });
  afterAll(() => ledger.stop());

  it('price a spend by what is in force at its time; the first record counts', async () => {
    const time = new Date().toISOString();
    const early = () => ledger.post(ALICE, { id: 'early', time });
    expect((await early()).status).toBe(201);
    const hold = await ledger.http.hold({ type: 'user', userId: 'before' }, '1.00');
    const justNow = new Date(Date.now() - 1000).toISOString();
    await ledger.reload(
      `${PRICES.replace('2026-11-30', '2026-12-01')}- {match: gpt-5, from: "2026-11-01T00:00:00Z", input: "125", output: "1000"}\n`,
      /PRICES_FILE was read again and is in force/,
    );
    const again = await early();
    expect([again.status, again.body.duplicate]).toEqual([200, true]);
    const first = await ledger.read('early', again.body.position);
    expect(first).toMatchObject({ ledgeramount: COST, ledgerprices: '2026-11-30' });
    const recorded = [
      await ledger.post(ALICE, { id: 'long-ago', time: '2026-10-31T23:59:59.999Z' }),
      await ledger.post(ALICE, { id: 'now', time: justNow }),
    ];
    const [longAgo, nowRead] = [
      await ledger.read('long-ago', recorded[0]!.body.position),
      await ledger.read('now', recorded[1]!.body.position),
    ];
    expect(longAgo).toMatchObject({ ledgeramount: COST, ledgerprices: '2026-12-01' });
    expect(nowRead).toMatchObject({ ledgeramount: '0.45', ledgerprices: '2026-12-01' });
    const settled = await ledger.http.settle(hold.body.holdId, undefined, {
      usage: USAGE,
      model: 'gpt-5',
    });
    expect(settled.status).toBe(200);
    const ofHold = () => ledger.http.get(`/v1/event?source=ledger/holds&id=${hold.body.holdId}`);
    await waitUntil('its spend is on record', async () => (await ofHold()).status === 200);
    expect((await ofHold()).body).toMatchObject({
      ledgeramount: '0.45',
      ledgerprices: '2026-12-01',
    });
  });

  it('stay the prices before where the file is wrong, or its version is taken', async () => {
    await ledger.reload(
      PRICES.replace('1.25', '1,25'),
      /in which models\[0\]\.input must be a decimal/,
    );
    await ledger.reload(PRICES.replace('USD', 'EUR'), /in which currency must be USD/);
    await ledger.reload(
      PRICES.replace('1.25', '1.26'),
      /whose version \\"2026-11-30\\" is on record with other content/,
    );
    const { body } = await ledger.post(ALICE, { id: 'kept' });
    expect(await ledger.read('kept', body.position)).toMatchObject({ ledgerprices: '2026-12-01' });
    await ledger.reload(PRICES.replace('"1.25"', '"1.250000"'), /PRICES_FILE was read again/);
  });

  it('are listed with all on record, the newest first', async () => {
    await waitUntil('both are projected', async () => {
      const { body } = await ledger.http.get('/v1/prices');
      return body.items.length === 2;
    });
    const first = await ledger.http.get('/v1/prices?pageSize=1');
    expect(first.body.items).toMatchObject([
      { version: '2026-12-01', currency: 'USD', modelCount: 3 },
    ]);
    const token = encodeURIComponent(first.body.nextPageToken);
    const rest = await ledger.http.get(`/v1/prices?pageSize=1&pageToken=${token}`);
    expect(rest.body).toMatchObject({ items: [{ version: '2026-11-30' }], nextPageToken: '' });
    const one = await ledger.http.get('/v1/prices/2026-11-30');
    expect(one.body).toMatchObject({
      version: '2026-11-30',
      currency: 'USD',
      caller: 'ledger',
      models: [
        { match: 'gpt-5', input: '1.25', cachedInput: '0.125', output: '10.00' },
        {
          match: 'claude-*',
          input: '3.00',
          cachedInput: '0.30',
          cacheWrite: '3.75',
          output: '15.00',
          perRequest: '0.000001',
        },
      ],
    });
    const api = new ApiDocument();
    expect(api.faultsOf('GET /v1/prices', first)).toEqual([]);
    expect(api.faultsOf('GET /v1/prices/{version}', one)).toEqual([]);
    const event = await ledger.http.get('/v1/event?source=gw&id=early');
    expect(api.faultsOf('GET /v1/event', event)).toEqual([]);
    expectProblem(await ledger.http.get('/v1/prices/2027'), 404, 'not_found');
  });

  it('let verify and explain compute again what a spend comes to', async () => {
    const env = { DATABASE_URL: ledger.db.url };
    const verified = await ledgerCommand(env, 'verify', '--json');
    expect(JSON.parse(verified.stdout)).toMatchObject({ differences: [] });
    const explained = await ledgerCommand(env, 'explain', 'user:alice', '--json');
    expect(explained.status).toBe(0);
    const { entries } = JSON.parse(explained.stdout).windows[0];
    const early = entries.find(({ id }: { id: string }) => id === 'early');
    expect(early.priced).toEqual({
      usage: USAGE,
      prices: '2026-11-30',
      at: expect.any(String),
      comesTo: COST,
      agrees: true,
      lines: [
        { part: 'input', count: 200, price: '1.25', cost: '0.00025' },
        { part: 'cachedInput', count: 1000, price: '0.125', cost: '0.000125' },
        { part: 'output', count: 200, price: '10.00', cost: '0.002' },
        { part: 'reasoning', count: 100, price: '10.00', cost: '0.001' },
      ],
    });
    const text = await ledgerCommand(env, 'explain', 'user:alice');
    expect(text.stdout).toContain(
      '200 input × 1.25/M + 1000 cachedInput × 0.125/M + 200 output × 10.00/M + 100 reasoning × 10.00/M, by the prices 2026-11-30',
    );
    const events = await ledgerCommand(env, 'events', 'user:alice');
    expect(events.stdout).toContain(
      '1200 in, 1000 of it cached, 300 out, 100 of it reasoning by the prices 2026-11-30',
    );
  });
});
