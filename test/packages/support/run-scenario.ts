import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdapterProcess, type AdapterCommand, type Report } from './adapter-process';
import { Bystander } from './bystander';
import { scripted } from './faults';
import { FaultyProxy } from './faulty-proxy';
import { secretsIn } from './journal-secrets';
import type { RecoveryLedger } from './recovery-ledger';
import { named, type Run, type Scenario } from './scenario';
import type { SeenRequest } from './seen-request';
import { readTruth, type Truth } from './truth';
import { watchFolder } from './watch-folder';

/** So that no call of a busy machine is given up but by a fault. */
const PATIENCE = { timeoutSeconds: 20 };

export interface Outcome {
  readonly requests: readonly SeenRequest[];
  readonly truth: Truth;
  /** For each run those of its processes; null for one that was killed. */
  readonly reports: readonly (readonly (Report | null)[])[];
  /** The files of the journal in which a token stood. */
  readonly leaks: readonly string[];
}

/** Plays one scenario with a client, and asks the ledger what came of it. */
export async function runScenario(
  written: Scenario,
  command: AdapterCommand,
  ledger: RecoveryLedger,
): Promise<Outcome> {
  const user = `${written.id.toLowerCase()}-${randomBytes(4).toString('hex')}`;
  const scenario = named(written, user);
  const journal = await mkdtemp(join(tmpdir(), 'spend-ledger-journal-'));
  const proxy = await FaultyProxy.start(ledger.url, scripted(scenario.faults));
  try {
    const token = await ledger.keepToken(user, scenario.roles);
    const bystander = new Bystander(ledger, proxy, user, journal, token);
    await ledger.setBudget(user, scenario.budget);
    const play = new Play(scenario, command, proxy, bystander);
    const reports = [];
    const leaks = [];
    for (const run of scenario.runs) {
      reports.push(await play.run(run));
      leaks.push(...(await secretsIn(journal, bystander.tokens)));
    }
    const truth = await readTruth(ledger, user, bystander.remembered);
    return { requests: proxy.requests, truth, reports, leaks };
  } finally {
    await proxy.stop();
    await rm(journal, { recursive: true, force: true });
  }
}

class Play {
  constructor(
    private readonly scenario: Scenario,
    private readonly command: AdapterCommand,
    private readonly proxy: FaultyProxy,
    private readonly bystander: Bystander,
  ) {}

  async run(run: Run): Promise<readonly (Report | null)[]> {
    const processes = Array.from({ length: run.processes ?? 1 }, () => this.start(run));
    this.proxy.kill = async () => {
      await Promise.all(processes.map((process) => process.kill()));
    };
    this.proxy.watchJournal = () => watchFolder(this.bystander.journal);
    const reports = await Promise.all(processes.map((process) => process.report()));
    await this.bystander.doAll(run.then);
    return reports;
  }

  private start({ steps, options = {}, killAt }: Run): AdapterProcess {
    const { id, meanwhile, deadlines } = this.scenario;
    const { user, journal, token } = this.bystander;
    const place = { url: this.proxy.url, token, journal, user, source: 'recovery' };
    const patience = deadlines === 'default' ? {} : PATIENCE;
    const input = { id, ...place, options: { ...patience, ...options }, steps };
    return AdapterProcess.start(this.command, input, async (name) => {
      await this.bystander.doAll(meanwhile[name]);
      if (name === killAt) await this.proxy.kill();
    });
  }
}
