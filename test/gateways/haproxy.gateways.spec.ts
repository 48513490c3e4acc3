/** @needs haproxy */
import { GuardedLedger, MODEL } from './support/guarded-ledger';
import { call, FLAT, guardsBudgets, OPEN, RULES, type Guard } from './support/guards-budgets';
import { startHaproxy } from './support/haproxy';
import type { ProxyProcess } from './support/proxy-process';

describe('HAProxy before an upstream', () => {
  let ledger: GuardedLedger;
  let proxy: ProxyProcess;
  const guard = (): Guard => ({ ledger, proxy });

  beforeAll(async () => {
    ledger = await GuardedLedger.start({ haproxy: RULES, open: OPEN });
    proxy = await startHaproxy(ledger.forProxy);
  });
  afterAll(async () => {
    await proxy.stop();
    await ledger.stop();
  });

  guardsBudgets(guard, startHaproxy);

  it('holds what the body of a call may cost, also of one that it has cut', async () => {
    const user = await ledger.userWith('long', '1000000');
    const body = { model: MODEL, max_tokens: 10, messages: ['x'.repeat(100_000)] };
    const text = JSON.stringify(body);
    ledger.upstream.reply = { kind: 'endless' };
    const calling = new AbortController();
    await fetch(proxy.url, {
      method: 'POST',
      headers: { 'x-user': user },
      body: text,
      signal: calling.signal,
    });
    const { body: hold } = await ledger.operator.get(
      `/v1/holds/${String(ledger.upstream.calls[0]!['x-spend-hold-id'])}`,
    );
    expect(hold.amount).toBe(`${text.length + 20}.00`);
    calling.abort();
  });

  it('reports what the headers of an answer say', async () => {
    const user = await ledger.userWith('counted', '100');
    const calls = () => call(guard(), { 'x-user': user });
    ledger.upstream.reply = { kind: 'counted', input: 7, output: 2, model: MODEL };
    await Promise.all([calls(), calls()]);
    await ledger.untilBalance(user, { spent: '22.00', held: '0.00' });
    ledger.upstream.reply = { kind: 'error', status: 500 };
    await calls();
    await ledger.untilBalance(user, { spent: '22.00', held: '0.00' });
    ledger.upstream.reply = { kind: 'plain' };
    await calls();
    await ledger.untilBalance(user, { spent: `${22 + Number(FLAT)}.00`, held: '0.00' });
  });

  it('lets nothing through with a credential that lacks the role, and says which', async () => {
    const user = await ledger.userWith('roleless', '10');
    const token = await ledger.keepToken('recorder', 'record');
    const other = await startHaproxy({ ...ledger.forProxy, token });
    const { status, text } = await call({ ledger, proxy: other }, { 'x-user': user });
    expect(status).toBe(403);
    expect(text).toContain('recorder lacks the role check.');
    expect(ledger.upstream.calls).toEqual([]);
    await other.stop();
  });
});
