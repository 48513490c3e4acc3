import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Step } from './scenario';

/** How the adapter of a client is started, without the scenario's id. */
export type AdapterCommand = readonly [program: string, ...args: string[]];

/** What a client's adapter says at its end. */
export interface Report {
  readonly steps: readonly Readonly<Record<string, unknown>>[];
  readonly warnings: number;
  readonly upstream: number;
  readonly journal: { readonly due: number; readonly dead: number };
}

/** What an adapter is given: see `clients/README.md`. */
export interface AdapterInput {
  readonly id: string;
  readonly url: string;
  readonly token: string;
  readonly journal: string;
  readonly user: string;
  readonly source: string;
  readonly options: object;
  readonly steps: readonly Step[];
}

/** What it says while it runs. */
export interface Told {
  readonly paused?: string;
  readonly cost?: string;
  readonly step?: number;
}

const LIMIT_MS = 240_000;

/** One process of a client, at work on the steps of a scenario. */
export class AdapterProcess {
  readonly told: Told[] = [];
  private output = '';
  private errors = '';
  private isKilled = false;
  private failure: Error | undefined;
  private readonly ended: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    onPause: (name: string) => Promise<void>,
  ) {
    child.stdin!.on('error', () => undefined);
    child.stdout!.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    const lines = createInterface({ input: child.stderr! });
    lines.on('line', (line) => void this.hear(line, onPause));
    const limit = setTimeout(
      () => this.giveUp(new Error(`it took more than ${LIMIT_MS} ms`)),
      LIMIT_MS,
    );
    this.ended = Promise.all([once(child, 'close'), once(lines, 'close')]).finally(() =>
      clearTimeout(limit),
    );
  }

  /** @param onPause is waited for at each pause, then the process goes on */
  static start(
    [program, ...args]: AdapterCommand,
    input: AdapterInput,
    onPause: (name: string) => Promise<void>,
  ): AdapterProcess {
    const child = spawn(program, [...args, input.id], { stdio: ['pipe', 'pipe', 'pipe'] });
    const started = new AdapterProcess(child, onPause);
    child.stdin.write(`${JSON.stringify(input)}\n`);
    return started;
  }

  /** As `kill -9`. */
  async kill(): Promise<void> {
    this.isKilled = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  /** @returns what it reports, or null if it was killed @throws Error if it failed */
  async report(): Promise<Report | null> {
    await this.ended;
    if (this.isKilled) return null;
    try {
      if (this.failure !== undefined) throw this.failure;
      if (this.child.exitCode !== 0) throw new Error(`it exited with ${this.child.exitCode}`);
      return JSON.parse(this.output) as Report;
    } catch (error) {
      const said = `${this.output}\n${this.errors}`.slice(-4000);
      throw new Error(`the adapter gave no report: ${String(error)}\n${said}`, { cause: error });
    }
  }

  private async hear(line: string, onPause: (name: string) => Promise<void>): Promise<void> {
    const told = readTold(line);
    if (told === undefined) {
      this.errors += `${line}\n`;
      return;
    }
    this.told.push(told);
    if (told.paused === undefined) return;
    try {
      await onPause(told.paused);
    } catch (error) {
      this.giveUp(error as Error);
      return;
    }
    this.child.stdin!.write('\n');
  }

  private giveUp(failure: Error): void {
    this.failure ??= failure;
    this.child.kill('SIGKILL');
  }
}

function readTold(line: string): Told | undefined {
  try {
    const told = JSON.parse(line) as Told;
    return told.paused !== undefined || told.cost !== undefined ? told : undefined;
  } catch {
    return undefined;
  }
}
