import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  EndWithParent,
  freePort,
  PROJECT_FOLDER,
  waitUntil,
  type CommandResult,
} from '#libs/testing';
import { installLitellm, type LitellmKit } from './litellm-kit';
import { litellmConfig } from './models';

export interface LitellmSettings {
  readonly upstreamPort: number;
  /** Variables of the hook, without their `SPEND_LEDGER_`. */
  readonly hook: Readonly<Record<string, string>>;
  /** Where LiteLLM keeps keys and rows. Without one it knows its master key alone, and starts sooner. */
  readonly databaseUrl?: string;
  readonly workers?: number;
}

const SOURCES = join(PROJECT_FOLDER, 'clients/python/src');
/** 20 s on a quiet machine, two minutes on a busy one. */
const START_MS_MAX = 300_000;

/** A real LiteLLM proxy with the hook in it. It keeps its address and its journal over a restart. */
export class LitellmProxy {
  output = '';
  private child: ChildProcess | undefined;
  private guard: EndWithParent | undefined;

  private constructor(
    private readonly kit: LitellmKit,
    private readonly settings: LitellmSettings,
    private readonly folder: string,
    readonly port: number,
  ) {}

  static async start(settings: LitellmSettings): Promise<LitellmProxy> {
    const kit = await installLitellm();
    const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-litellm-'));
    const proxy = new LitellmProxy(kit, settings, folder, await freePort());
    await cp(join(__dirname, 'ledger_callback.py'), join(folder, 'ledger_callback.py'));
    const config = litellmConfig(settings.upstreamPort, settings.databaseUrl !== undefined);
    await writeFile(join(folder, 'config.yaml'), config);
    await proxy.restart();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  get journal(): string {
    return join(this.folder, 'journal');
  }

  /** Starts it, again after its end. */
  async restart(hook: LitellmSettings['hook'] = {}): Promise<void> {
    const { kit, settings, folder } = this;
    const args = ['--config', join(folder, 'config.yaml'), '--host', '127.0.0.1'];
    const { workers } = settings;
    if (workers !== undefined) {
      // Uvicorn kills workers that it thinks dead, on a busy machine before they have started.
      args.push('--num_workers', `${workers}`, '--timeout_worker_healthcheck', '300');
    }
    this.output = '';
    const child = spawn(kit.litellm, [...args, '--port', `${this.port}`], {
      cwd: folder,
      env: { ...kit.env, ...this.environment({ ...settings.hook, ...hook }), HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      // It starts a query engine: both end together.
      detached: true,
    });
    const keep = (chunk: Buffer) => (this.output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.child = child;
    this.guard = new EndWithParent('KILL');
    if (child.pid !== undefined) this.guard.add(-child.pid);
    try {
      const isOver = () => child.exitCode !== null;
      await waitUntil(
        'LiteLLM is ready',
        async () => isOver() || (await this.isReady()),
        START_MS_MAX,
      );
      if (isOver()) throw new Error('LiteLLM ended before it was ready.');
    } catch (error) {
      await this.end('SIGKILL');
      throw new Error(`${String(error)}\n${this.output.slice(-6000)}`, { cause: error });
    }
  }

  /** How many reports wait in the journal: those that a kill leaves to the next start. */
  async dueReports(): Promise<number> {
    const args = ['journal', 'status', '--journal', this.journal];
    const { stdout } = await this.run('spend_ledger._cli', args, {});
    const files = stdout.split('\n').filter(Boolean);
    const counts = files.map((line) => JSON.parse(line) as { entries: { due?: number } });
    return counts.reduce((sum, { entries }) => sum + (entries.due ?? 0), 0);
  }

  /** Runs `spend-ledger-litellm`, in the Python of the proxy. */
  runHookCommand(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<CommandResult> {
    return this.run('spend_ledger.litellm.cli', args, env);
  }

  private async run(
    module: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<CommandResult> {
    const child = spawn(this.kit.python, ['-m', module, ...args], {
      env: { PATH: this.kit.env['PATH'], PYTHONPATH: SOURCES, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map(textOf));
    if (child.exitCode === null) await once(child, 'exit');
    return { status: child.exitCode, stdout: stdout!, stderr: stderr! };
  }

  /** Ends the proxy and all that it started. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined) return;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      if (signal === 'SIGKILL') killGroup(child.pid);
      else child.kill(signal);
      await ended;
    }
    killGroup(child.pid);
    this.guard?.release();
  }

  async stop(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  private environment(hook: Readonly<Record<string, string>>): Record<string, string> {
    const { databaseUrl } = this.settings;
    const named = Object.entries({ JOURNAL: this.journal, ...hook }).map(
      ([name, value]) => [`SPEND_LEDGER_${name}`, value] as const,
    );
    return {
      ...Object.fromEntries(named),
      ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
      PYTHONPATH: SOURCES,
      PYTHONUNBUFFERED: '1',
      DISABLE_SCHEMA_UPDATE: 'true',
      // Else it compares the tables for a minute.
      LITELLM_PRISMA_COMMAND_TIMEOUT: '2',
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      LITELLM_TELEMETRY: 'False',
      HF_HUB_OFFLINE: '1',
    };
  }

  private async isReady(): Promise<boolean> {
    const response = await fetch(`${this.url}/health/readiness`);
    await response.arrayBuffer();
    return response.ok;
  }
}

async function textOf(stream: Readable): Promise<string> {
  return Buffer.concat(await stream.toArray()).toString();
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // None of it is left.
  }
}
