import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { formatMoney, picoOfDecimal } from '#libs/ledger';
import { positionOf, type Answer } from '#libs/testing';
import { LedgerProcesses } from './support/ledger-processes';

jest.setTimeout(240_000);

/**
 * The part of stale spend that reservations cause: money that was set aside for calls that failed stays set aside. Here
 * it is told apart from what is spent, is free with the release, and at the latest with its expiry.
 */
const AUTHS = ['auth', 'second auth'] as const;
const ALL = ['ingest', 'projector', ...AUTHS] as const;
const KEY = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' } as const;
const ACCOUNT = 'key:key-7';
const CALLS = 100;
const TTL_SECONDS = 6;
/** Takes holds one after the other until it is killed. */
const GATEWAY = `
  const [url, body, calls] = process.argv.slice(1);
  (async () => {
    for (let n = 0; n < Number(calls); n++) {
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch(url + '/v1/holds', { method: 'POST', headers, body });
      if (status !== 201) throw new Error('a hold was answered with ' + status);
    }
    console.log('all are held');
    setInterval(() => undefined, 1000);
  })();`;

describe('stale spend, on Kafka: calls that fail leave nothing behind', () => {
  const ledger = new LedgerProcesses('Kafka');

  beforeAll(async () => {
    await ledger.start(ALL);
    const set = await ledger.http('ingest').setBudget('key-7-total', ACCOUNT, '10.00');
    expect(set.body.applied).toBe(true);
    const spent = await ledger.http('ingest').record(KEY, '4.00');
    for (const auth of AUTHS) {
      const minPosition = positionOf([spent]);
      expect(await ledger.http(auth).check(KEY, { minPosition })).toMatchObject({ status: 200 });
    }
  });

  afterAll(() => ledger.remove());

  it('at once: each of 100 is released, and the next one has all the room again', async () => {
    for (let call = 0; call < CALLS; call++) {
      const [one, other] = call % 2 === 0 ? AUTHS : [AUTHS[1], AUTHS[0]];
      const held = await ledger.http(one).post('/v1/holds', holdOf('6.00'));
      expect([held.status, held.body.state]).toEqual([201, 'active']);
      const released = await ledger
        .http(other)
        .request('POST', `/v1/holds/${held.body.holdId}/release`);
      expect([released.status, released.body]).toEqual([200, { released: '6.00' }]);
    }
    for (const auth of AUTHS) {
      const { body } = await ledger.http(auth).balance(ACCOUNT);
      expect(body).toMatchObject({ spentAllTime: '4.00', held: '0.00' });
      expect((await ledger.http(auth).check(KEY)).body).toMatchObject({ allowed: true });
    }
  });

  it('at the expiry: a gateway is killed with 100 open, and nobody has to clean up', async () => {
    await killedGateway();
    const expiries = await openHolds();
    expect(expiries).toHaveLength(CALLS);
    const last = Math.max(...expiries);
    let refusals = 0;
    for (let decidedAt = 0; decidedAt < last;) {
      for (const auth of AUTHS) {
        const { body: check } = await ledger.http(auth).check(KEY);
        decidedAt = Date.parse(check.decidedAt);
        const held = formatMoney(
          BigInt(expiries.filter((at) => at > decidedAt).length) * picoOfDecimal('0.06'),
        );
        expect([check.decidedAt, check.budgets[0].held]).toEqual([check.decidedAt, held]);
        expect(check.allowed).toBe(held !== '6.00');
        if (check.allowed) continue;
        refusals++;
        expect(check.message).toBe(
          'Budget has been exceeded! Key=key-7 Current cost: 4.00 (+ 6.00 held), Max budget: 10.00',
        );
        const { body: read } = await ledger.http(auth).balance(ACCOUNT);
        if (Date.parse(read.asOf) < Math.min(...expiries)) expect(read.held).toBe('6.00');
      }
    }
    expect(refusals).toBeGreaterThan(0);
    for (const auth of AUTHS) {
      const { body: check } = await ledger.http(auth).check(KEY, { estimate: '6.00' });
      expect(check).toMatchObject({ allowed: true, budgets: [{ spent: '4.00', held: '0.00' }] });
      const { body } = await ledger.http(auth).get(`/v1/holds?account=${ACCOUNT}&state=active`);
      expect(body.items).toEqual([]);
    }
  });

  /** One that has died with all of its calls under way. */
  async function killedGateway(): Promise<void> {
    const body = JSON.stringify(holdOf('0.06'));
    const gateway = spawn(
      process.execPath,
      ['-e', GATEWAY, ledger.http('auth').url, body, String(CALLS)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(gateway, 'exit');
    await Promise.race([once(gateway.stdout, 'data'), ended]);
    gateway.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
  }

  /** When each of them expires. */
  async function openHolds(): Promise<number[]> {
    const path = `/v1/holds?account=${ACCOUNT}&state=active&pageSize=1000`;
    const { body } = await ledger.http('second auth').get(path);
    return body.items.map((hold: Answer['body']) => Date.parse(hold.expiresAt));
  }

  function holdOf(amount: string): object {
    return { scope: KEY, amount, ttlSeconds: TTL_SECONDS };
  }
});
