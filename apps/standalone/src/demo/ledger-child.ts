import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoEnvironment } from '../config';

const START_MS = 60_000;

/** The ledger as `npm start` runs it, as a child on free ports, so that it can be killed for real. */
export class LedgerChild {
  private constructor(
    private readonly child: ChildProcess,
    readonly httpUrl: string,
    readonly grpcPort: string,
    private readonly token?: string,
  ) {}

  /** @param more of its environment */
  static async start(dataDir: string, more: NodeJS.ProcessEnv = {}): Promise<LedgerChild> {
    const child = spawn(process.execPath, [resolve(__dirname, '../../../../standalone.js')], {
      env: { ...demoEnvironment(dataDir), ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const deadline = performance.now() + START_MS;
    while (!output.includes('Ctrl-C stops it')) {
      if (child.exitCode !== null || performance.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`The ledger did not start:\n${output}`);
      }
      await sleep(20);
    }
    const [, httpUrl] = /HTTP {2}(\S+)/.exec(output)!;
    const [, grpcPort] = /gRPC {2}\S+:(\d+)/.exec(output)!;
    return new LedgerChild(child, httpUrl!, grpcPort!);
  }

  /** The same ledger, with a bearer token. */
  as(token: string): LedgerChild {
    return new LedgerChild(this.child, this.httpUrl, this.grpcPort, token);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }

  async call(method: string, path: string, body?: object, contentType = 'application/json') {
    const response = await fetch(this.httpUrl + path, {
      method,
      headers: {
        ...(body && { 'content-type': contentType }),
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  }
}
