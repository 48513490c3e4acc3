/** @needs python3 */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HookedLitellm } from './support/hooked-litellm';

jest.setTimeout(900_000);

/** Whose key it is that a LiteLLM without a database knows. */
const ACCOUNT = 'user:default_user_id';

let live: HookedLitellm;
beforeAll(async () => {
  live = await HookedLitellm.start({ hook: { MODE: 'check' } });
});
afterAll(() => live.stop());

const ask = (output: number, maxTokens = output) =>
  live.answer('dear', { output }, { body: { max_tokens: maxTokens } });

describe('check', () => {
  it('asks, holds nothing, and records what a call cost as an event of its own', async () => {
    await live.ledger.setBudget(ACCOUNT, '1.00');
    const call = live.answer('dear', { output: 400, waitAfter: 0 }, { body: { max_tokens: 500 } });
    await live.upstream.holds(1);
    expect(await live.balance(ACCOUNT)).toEqual({
      spentAllTime: '0.00',
      held: '0.00',
      unpriced: 0,
    });
    live.upstream.resume();
    expect((await call).status).toBe(200);
    await live.untilBalance(ACCOUNT, { spentAllTime: '0.40' });
    expect(await live.events(ACCOUNT)).toMatchObject([
      { source: 'litellm-hook/litellm', data: { amount: '0.40', basis: 'exact', model: 'dear' } },
    ]);
  });

  it('refuses what the limit has no room for, and records nothing of it', async () => {
    const { status, body } = await ask(700);
    expect([status, body.error.type]).toEqual([422, 'budget_exceeded']);
    await ask(100);
    await live.untilBalance(ACCOUNT, { spentAllTime: '0.50' });
  });
});

describe('shadow', () => {
  beforeAll(async () => {
    await live.proxy.end('SIGKILL');
    await writeFile(
      join(live.proxy.journal, '4711-0123456789ab.sqlite'),
      'no journal at all'.repeat(1000),
    );
    await live.proxy.restart({ MODE: 'shadow' });
  });

  it('sets a journal aside that is corrupt', async () => {
    await live.until('it is set aside', async () => {
      const files = await readdir(live.proxy.journal);
      return files.some((name) => name === '4711-0123456789ab.sqlite.corrupt');
    });
  });

  it('lets every call pass, says what it would have refused, and records what they cost', async () => {
    expect((await ask(700)).status).toBe(200);
    await live.untilBalance(ACCOUNT, { spentAllTime: '1.20', held: '0.00' });
    const said = 'Would refuse (1 so far): Budget has been exceeded! User=default_user_id';
    expect(live.proxy.output).toContain(said);
  });

  it('lets calls pass while the ledger is down, and records them later', async () => {
    await live.ledger.end('SIGKILL');
    expect((await ask(100)).status).toBe(200);
    await live.ledger.restart();
    await live.untilBalance(ACCOUNT, { spentAllTime: '1.30', held: '0.00' });
  });
});
