import { waitUntil } from '#libs/testing';
import { COST, Doors, logged, USAGE } from './support/doors';

const PLAIN = { scope: [{ type: 'user', userId: 'header:x-user' }], estimate: { maxTokens: 1000 } };
const GATEWAYS = {
  version: 1,
  default: 'plain',
  gateways: { plain: PLAIN, unknowns: { ...PLAIN, onMissingUsage: 'unknown' } },
};

let doors: Doors;
beforeAll(async () => {
  doors = await Doors.open(GATEWAYS);
});
afterAll(() => doors.close());

describe('the file of gateways', () => {
  it('is read again on SIGHUP, and one that is wrong changes nothing', async () => {
    const more = { ...GATEWAYS.gateways, added: PLAIN };
    await doors.rewrite('gateways', { ...GATEWAYS, gateways: more });
    const isAdded = async () => (await doors.ask('added')).told.status === 200;
    await waitUntil('the gateway is there', isAdded);
    await doors.rewrite('gateways', { version: 1, gateways: { plain: { mode: 'both' } } });
    await waitUntil('the ledger says why', () => doors.ledger.output.includes('gateways.plain.'));
    expect(await isAdded()).toBe(true);
  });
});

describe('a call that was held for', () => {
  it('is settled, though the file has its gateway no more', async () => {
    const { unknowns: _, ...others } = GATEWAYS.gateways;
    const call = await doors.ask('unknowns');
    await doors.rewrite('gateways', { ...GATEWAYS, gateways: others });
    await waitUntil(
      'the gateway is gone',
      async () => (await doors.ask('unknowns')).told.status === 503,
    );
    await doors.becomes('estimated', () => doors.log('plain', logged(call)));
    await doors.rewrite('gateways', GATEWAYS);
    await waitUntil(
      'the gateway is back',
      async () => (await doors.ask('unknowns')).told.status === 200,
    );
  });

  it('costs what it did when it was admitted, though the prices have changed meanwhile', async () => {
    const call = await doors.ask();
    const prices = await doors.read('prices');
    const dearer = prices.replace('2026-11-30', 'dearer').replace("'10.00'", "'20.00'");
    await doors.rewrite('prices', dearer);
    let later = await doors.ask();
    await waitUntil('the prices are in force', async () => {
      later = await doors.ask();
      return JSON.stringify(later.told.metadata).includes('dearer');
    });
    const entries = [logged(call, { usage: USAGE }), logged(later, { usage: USAGE })];
    await doors.becomes('exact', () => doors.log('plain', ...entries), 2);
    await doors.ledger.hasSpent(call.account, COST);
    await doors.ledger.hasSpent(later.account, '0.0001125');
  });
});
