import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatMoney, picoOfDecimal } from '#libs/ledger';
import { waitUntil } from '#libs/testing';
import { AdapterProcess, type AdapterCommand } from './adapter-process';
import { Chance } from './chance';
import type { DecideFault } from './faults';
import { FaultyProxy } from './faulty-proxy';
import { IN_CALL, planSpends, randomFaults } from './load-plan';
import type { RecoveryLedger } from './recovery-ledger';
import type { Load, Scenario, Step } from './scenario';

export interface LoadOutcome {
  /** The sum of what the callers knew that their calls cost. */
  readonly told: string;
  /** The sum of what is on record. */
  readonly recorded: string;
  /** The limit, and all that may come on top of it: costs above their holds, and those of expired holds. */
  readonly most: string;
  readonly held: string;
  readonly unpriced: number;
  readonly refused: number;
  readonly kills: number;
  /** Of those, the ones while a call ran whose cost was unknown. */
  readonly killsInCall: number;
}

const AFTER_TTL_MS = 60_000;
const DRAIN: Step = { do: 'drain', limitSeconds: 60 };

/** Has many processes spend from one budget at once, kills some of them, and adds up what is on record. */
export async function runLoad(
  { id, budget, roles, load }: Scenario,
  command: AdapterCommand,
  ledger: RecoveryLedger,
  seed: string,
): Promise<LoadOutcome> {
  const user = `${id.toLowerCase()}-${randomBytes(4).toString('hex')}`;
  const journal = await mkdtemp(join(tmpdir(), 'spend-ledger-journal-'));
  await ledger.setBudget(user, budget);
  const token = await ledger.keepToken(user, roles);
  const place = { id, user, journal, source: 'recovery', token };
  try {
    const crowd = new Crowd(load!, new Chance(seed), ledger.url, command, place);
    await crowd.spendAll();
    await waitUntil(
      'nothing is held any more',
      async () => (await ledger.balance(user)).held === '0.00',
      load!.ttl * 1000 + AFTER_TTL_MS,
    );
    await ledger.events(user);
    const { spentAllTime, held, unpriced } = await ledger.balance(user);
    const late = (await ledger.holds(user)).filter(({ settledBy }) => settledBy?.late);
    const lateCosts = late.map(({ settledBy }) => settledBy!.amount ?? '0');
    return {
      ...crowd.counted(),
      told: formatMoney(sum(crowd.costs)),
      recorded: spentAllTime,
      most: formatMoney(picoOfDecimal(budget) + crowd.overrunsPico() + sum(lateCosts)),
      held,
      unpriced,
    };
  } finally {
    await rm(journal, { recursive: true, force: true });
  }
}

type Place = Readonly<Record<'id' | 'user' | 'journal' | 'source' | 'token', string>>;

class Crowd {
  /** What callers were told that their calls cost. */
  readonly costs: string[] = [];
  private kills = 0;
  private killsInCall = 0;
  private refused = 0;

  constructor(
    private readonly load: Load,
    private readonly chance: Chance,
    private readonly url: string,
    private readonly command: AdapterCommand,
    private readonly place: Place,
  ) {}

  counted() {
    const { kills, killsInCall, refused } = this;
    return { kills, killsInCall, refused };
  }

  overrunsPico(): bigint {
    const held = picoOfDecimal(this.load.estimate);
    return this.costs
      .map(picoOfDecimal)
      .reduce((total, cost) => (cost > held ? total + cost - held : total), 0n);
  }

  async spendAll(): Promise<void> {
    const workers = Array.from({ length: this.load.processes }, (_, worker) => worker);
    const next = async () => {
      for (let one = workers.shift(); one !== undefined; one = workers.shift()) {
        await this.work(planSpends(this.load, this.chance, one), randomFaults(this.chance, one));
      }
    };
    await Promise.all(Array.from({ length: this.load.atOnce }, next));
  }

  /** Does the steps and waits for the journal; after a kill the next process goes on behind the step of the kill. */
  private async work(steps: readonly Step[], decide: DecideFault): Promise<void> {
    const proxy = await FaultyProxy.start(this.url, decide);
    try {
      let left: readonly Step[] | undefined = steps;
      while (left !== undefined) left = await this.workOnce(left, proxy);
    } finally {
      await proxy.stop();
    }
  }

  /** @returns the steps that a killed process has left, undefined if it was not killed */
  private async workOnce(
    steps: readonly Step[],
    proxy: FaultyProxy,
  ): Promise<readonly Step[] | undefined> {
    const input = { ...this.place, url: proxy.url, options: {}, steps: [...steps, DRAIN] };
    const adapter = AdapterProcess.start(this.command, input, async (name) => {
      if (name === IN_CALL) this.killsInCall += 1;
      await adapter.kill();
    });
    proxy.kill = () => adapter.kill();
    const report = await adapter.report();
    const told = adapter.told.filter(({ cost }) => cost !== undefined);
    this.costs.push(...told.map(({ cost }) => cost!));
    if (report !== null) {
      this.refused += report.steps.filter(({ error }) => error === 'BudgetExceeded').length;
      return undefined;
    }
    this.kills += 1;
    const done = Math.max(-1, ...told.map(({ step }) => step!));
    return steps.slice(done + 2);
  }
}

function sum(amounts: readonly string[]): bigint {
  return amounts.map(picoOfDecimal).reduce((total, amount) => total + amount, 0n);
}
