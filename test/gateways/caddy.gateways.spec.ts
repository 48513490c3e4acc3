/** @needs caddy */
import { startCaddy } from './support/caddy';
import { GuardedLedger } from './support/guarded-ledger';
import { call, FLAT, guardsBudgets, OPEN, RULES, type Guard } from './support/guards-budgets';
import type { ProxyProcess } from './support/proxy-process';

describe('Caddy before an upstream', () => {
  let ledger: GuardedLedger;
  let proxy: ProxyProcess;
  const guard = (): Guard => ({ ledger, proxy });

  beforeAll(async () => {
    ledger = await GuardedLedger.start({ caddy: RULES, open: OPEN });
    proxy = await startCaddy(ledger.forProxy);
  });
  afterAll(async () => {
    await proxy.stop();
    await ledger.stop();
  });

  guardsBudgets(guard, startCaddy);

  it('lets nothing through with a credential that lacks the role, and says which', async () => {
    const user = await ledger.userWith('roleless', '10');
    const token = await ledger.keepToken('recorder', 'record');
    const other = await startCaddy({ ...ledger.forProxy, token });
    const { status, text } = await call({ ledger, proxy: other }, { 'x-user': user });
    expect(status).toBe(403);
    expect(text).toContain('recorder lacks the role check.');
    expect(ledger.upstream.calls).toEqual([]);
    await other.stop();
  });
});

it('of calls that nobody reports, Caddy’s are charged at their expiry where the rules say so', async () => {
  const rules = { ...RULES, ttlSeconds: 1, onExpiry: 'charge' };
  const ledger = await GuardedLedger.start({ caddy: rules });
  const proxy = await startCaddy(ledger.forProxy);
  const user = await ledger.userWith('unreported', '10');
  expect((await call({ ledger, proxy }, { 'x-user': user })).status).toBe(200);
  await ledger.untilBalance(user, { spent: FLAT, held: '0.00' });
  await proxy.stop();
  await ledger.stop();
});
