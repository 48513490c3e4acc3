import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpLedger } from './http-ledger';

export interface ProcessSettings {
  readonly app?: 'standalone' | 'ingest' | 'projector' | 'auth';
  readonly env: Readonly<Record<string, string>>;
  readonly readyWaitMs?: number;
}

/** A built process of the ledger, started as a user would start it, on free ports. */
export class LedgerProcess {
  output = '';
  httpUrl = '';
  grpcAddress = '';

  private constructor(readonly child: ChildProcess) {
    const keep = (chunk: Buffer) => (this.output += chunk.toString());
    child.stdout!.on('data', keep);
    child.stderr!.on('data', keep);
  }

  /** Starts a process without waiting for it to be ready. */
  static spawn({ app = 'standalone', env }: ProcessSettings): LedgerProcess {
    const main = resolve(__dirname, `../../../dist/apps/${app}/src/main.js`);
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(DATABASE_URL|KAFKA_BROKERS)$/.test(name)),
    );
    const child = spawn(process.execPath, [main], {
      env: { ...inherited, HTTP_PORT: '0', GRPC_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new LedgerProcess(child);
  }

  /** Starts a standalone and waits until it says that it is ready. */
  static async start(settings: ProcessSettings): Promise<LedgerProcess> {
    const started = LedgerProcess.spawn(settings);
    const deadline = performance.now() + (settings.readyWaitMs ?? 30_000);
    while (!started.output.includes('Ctrl-C stops it')) {
      if (started.child.exitCode !== null || performance.now() > deadline) {
        started.child.kill('SIGKILL');
        throw new Error(`the process did not become ready:\n${started.output}`);
      }
      await sleep(20);
    }
    started.httpUrl = /HTTP {2}(\S+)/.exec(started.output)![1]!;
    started.grpcAddress = /gRPC {2}(\S+)/.exec(started.output)![1]!;
    return started;
  }

  get http(): HttpLedger {
    return new HttpLedger(this.httpUrl);
  }

  /** Sends a signal and waits for the end. @returns the exit code, null after a signal */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal);
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }
}
