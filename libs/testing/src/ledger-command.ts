import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { BUILT_FOLDER } from './project-folder';

/** What a command of the command line came to. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command at work, as an auditor would start it, on the ledger that `env` names. */
export class LedgerCommand {
  stdout = '';
  stderr = '';
  private readonly closed: Promise<unknown>;

  private constructor(readonly child: ChildProcess) {
    this.closed = once(child, 'close');
    child.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  static start(env: Readonly<Record<string, string>>, ...args: readonly string[]): LedgerCommand {
    const main = resolve(BUILT_FOLDER, 'ledger.js');
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(DATABASE_URL|KAFKA_BROKERS)$/.test(name)),
    );
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new LedgerCommand(child);
  }

  /** @returns its exit status, null after a signal */
  async end(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }
}

/** Runs a command to its end. */
export async function ledgerCommand(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandResult> {
  const command = LedgerCommand.start(env, ...args);
  const status = await command.end();
  return { status, stdout: command.stdout, stderr: command.stderr };
}
