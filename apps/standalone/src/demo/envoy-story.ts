import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeToken } from '#libs/access';
import { EnvoyChild } from './envoy-child';
import { LedgerChild } from './ledger-child';

type Say = (line: string) => void;

/** A name of docs/gateways/gateways.yaml; gpt-5 costs 1.25 and 10.00 a million tokens in prices.yaml beside it. */
const GATEWAY = 'plain';
const BUDGET = '0.04';
const USAGE = { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 };
const COST = '0.01125';
const REQUEST = {
  model: 'gpt-5',
  max_tokens: 1500,
  messages: [{ role: 'user', content: 'Tell me a story.' }],
};
/** Each holds 0.015 and a little for its body: the third finds 0.0175 of the budget, and the fourth 0.00625. */
const CALLS = [200, 200, 200, 429];
const SETTLED_MS = 30_000;

/**
 * A budget before a fake provider: a real Envoy asks the ledger about each call, and reports what it cost.
 * @returns what was not as it must be
 */
export async function tellEnvoyStory(folder: string, say: Say): Promise<readonly string[]> {
  const token = makeToken();
  const file = join(folder, 'token');
  await writeFile(file, token, { mode: 0o600 });
  const provider = new Provider();
  const upstreamPort = await provider.open();
  const ledger = await LedgerChild.start(join(folder, 'ledger'), {
    FIRST_TOKEN_FILE: file,
    GATEWAYS_FILE: resolve('docs/gateways/gateways.yaml'),
    PRICES_FILE: resolve('docs/gateways/prices.yaml'),
  });
  try {
    const { grpcPort: ledgerPort } = ledger;
    const envoy = await EnvoyChild.start({
      ...{ folder, ledgerPort, upstreamPort, token, gateway: GATEWAY },
    });
    try {
      return await tell({ ledger: ledger.as(token), envoy, provider }, say);
    } finally {
      await envoy.end();
    }
  } finally {
    await ledger.end('SIGTERM');
    provider.close();
  }
}

interface Scene {
  readonly ledger: LedgerChild;
  readonly envoy: EnvoyChild;
  readonly provider: Provider;
}

async function tell({ ledger, envoy, provider }: Scene, say: Say): Promise<string[]> {
  const wrong: string[] = [];
  const mark = (what: string, got: unknown, wanted: unknown) => {
    if (got !== wanted) wrong.push(`${what} is ${String(got)}, not ${String(wanted)}`);
    say(`    ${got === wanted ? 'right' : 'WRONG'}  ${what.padEnd(34)} ${String(got)}`);
  };
  await ledger.call('PUT', '/v1/budgets/alice', {
    ...{ account: 'user:alice', limit: BUDGET, window: { type: 'total' } },
  });
  say(`Alice may spend ${BUDGET}. Envoy at ${envoy.url} guards a fake provider of gpt-5.`);
  for (const [n, status] of CALLS.entries()) {
    say(`\n  Call ${n + 1}:`);
    const response = await fetch(`${envoy.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user': 'alice' },
      body: JSON.stringify(REQUEST),
    });
    const answer = await response.text();
    mark('status', response.status, status);
    if (status !== 200) say(`    ${answer}`);
    const admitted = CALLS.slice(0, n + 1).filter((each) => each === 200).length;
    mark('calls that the provider has seen', provider.calls, admitted);
    const spent = `0.${String(Number(COST.slice(2)) * admitted).padStart(5, '0')}`;
    mark('spent by alice', await settled(ledger, spent), spent.replace(/0+$/, ''));
  }
  return wrong;
}

/** Reports come a moment after their calls. @returns what is spent when nothing is held, or too much time has passed */
async function settled(ledger: LedgerChild, wanted: string): Promise<unknown> {
  const deadline = performance.now() + SETTLED_MS;
  for (;;) {
    const { spentAllTime, held } = await ledger.call('GET', '/v1/balances?account=user:alice');
    const isThere = Number(spentAllTime) === Number(wanted) && Number(held) === 0;
    if (isThere || performance.now() > deadline) return spentAllTime;
    await sleep(50);
  }
}

/** Answers as OpenAI does. */
class Provider {
  calls = 0;
  private readonly server: Server = createServer((request, response) => {
    this.calls += 1;
    request.resume();
    const message = { role: 'assistant', content: 'Once upon a time.' };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ object: 'chat.completion', model: REQUEST.model, choices, usage: USAGE }),
    );
  });

  async open(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return String((this.server.address() as AddressInfo).port);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
