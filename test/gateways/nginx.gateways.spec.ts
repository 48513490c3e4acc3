/** @needs nginx */
import { waitUntil } from '#libs/testing';
import { GuardedLedger, MODEL } from './support/guarded-ledger';
import { call, FLAT, guardsBudgets, OPEN, RULES, type Guard } from './support/guards-budgets';
import { startNginx } from './support/nginx';
import type { ProxyProcess } from './support/proxy-process';

describe('nginx before an upstream', () => {
  let ledger: GuardedLedger;
  let proxy: ProxyProcess;
  const guard = (): Guard => ({ ledger, proxy });

  beforeAll(async () => {
    ledger = await GuardedLedger.start({ nginx: { ...RULES, style: 'nginx' }, open: OPEN });
    proxy = await startNginx(ledger.forProxy);
  });
  afterAll(async () => {
    await proxy.stop();
    await ledger.stop();
  });

  guardsBudgets(guard, startNginx);

  describe('reports', () => {
    const calls = (user: string) => call(guard(), { 'x-user': user });

    it('what a call cost whose answer says it', async () => {
      const user = await ledger.userWith('counted', '100');
      ledger.upstream.reply = { kind: 'counted', input: 7, output: 2, model: MODEL };
      await Promise.all([calls(user), calls(user), calls(user)]);
      await ledger.untilBalance(user, { spent: '33.00', held: '0.00' });
    });

    it('an answer that says nothing, which is charged what was held', async () => {
      const user = await ledger.userWith('uncounted', '100');
      await calls(user);
      await ledger.untilBalance(user, { spent: FLAT, held: '0.00' });
    });

    it('an error of the upstream, which is free', async () => {
      const user = await ledger.userWith('erring', '3');
      ledger.upstream.reply = { kind: 'error', status: 500 };
      expect((await calls(user)).status).toBe(500);
      await ledger.untilBalance(user, { spent: '0.00', held: '0.00' });
    });

    it('an upstream that broke off, or a client that left, which are charged', async () => {
      const user = await ledger.userWith('broken', '100');
      ledger.upstream.reply = { kind: 'broken' };
      expect((await calls(user)).status).toBe(502);
      await ledger.untilBalance(user, { spent: FLAT, held: '0.00' });
      ledger.upstream.reply = { kind: 'endless' };
      const response = await fetch(proxy.url, { method: 'POST', headers: { 'x-user': user } });
      expect(response.status).toBe(200);
      await response.body!.cancel();
      await ledger.untilBalance(user, { spent: '6.00', held: '0.00' });
    });

    it('a client that left before there was any answer, which is charged', async () => {
      const user = await ledger.userWith('impatient', '100');
      ledger.upstream.reply = { kind: 'silent' };
      const before = ledger.upstream.calls.length;
      const leaving = new AbortController();
      const { signal } = leaving;
      const asked = fetch(proxy.url, { method: 'POST', headers: { 'x-user': user }, signal });
      await waitUntil('the upstream has the call', () => ledger.upstream.calls.length > before);
      leaving.abort();
      await expect(asked).rejects.toThrow();
      await ledger.untilBalance(user, { spent: FLAT, held: '0.00' });
    });

    it('a call that no upstream got, which is free', async () => {
      const user = await ledger.userWith('unsent', '3');
      const elsewhere = await startNginx({ ...ledger.forProxy, upstreamPort: 1 });
      const { status } = await call({ ledger, proxy: elsewhere }, { 'x-user': user });
      expect(status).toBe(502);
      await ledger.untilBalance(user, { spent: '0.00', held: '0.00' });
      await elsewhere.stop();
    });
  });

  it('lets nothing through with a credential that lacks the role', async () => {
    const user = await ledger.userWith('roleless', '10');
    const token = await ledger.keepToken('recorder', 'record');
    const other = await startNginx({ ...ledger.forProxy, token });
    const { status } = await call({ ledger, proxy: other }, { 'x-user': user });
    expect(status).toBe(503);
    expect(ledger.upstream.calls).toEqual([]);
    await other.stop();
  });
});
