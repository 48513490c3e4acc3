import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { EndWithParent } from './end-with-parent';
import { freePort } from './free-port';
import { GrpcLedger } from './grpc-ledger';
import { HttpLedger } from './http-ledger';
import { BUILT_FOLDER } from './project-folder';
import { waitUntil } from './wait-until';

export interface ProcessSettings {
  readonly app?: 'standalone' | 'ingest' | 'projector' | 'auth';
  readonly env: Readonly<Record<string, string>>;
  /** Where it is built; unless said, what is tested. */
  readonly builtFolder?: string;
}

/** How long it may take to start, to get ready, or to end. */
const LIMIT_MS = 120_000;
let guard: EndWithParent | undefined;

/** A built process of the ledger, started as a user would start it. */
export class LedgerProcess {
  /** Everything it printed. */
  output = '';
  /** What of it went to stderr. */
  errors = '';
  private readonly closed: Promise<unknown>;

  private constructor(
    readonly child: ChildProcess,
    public httpUrl = '',
    public grpcAddress = '',
  ) {
    this.closed = once(child, 'close');
    const keep = (chunk: Buffer) => (this.output += chunk.toString());
    child.stdout!.on('data', keep);
    child.stderr!.on('data', keep);
    child.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  /** Starts a process without waiting for anything, on any free ports unless `env` says which. */
  static spawn({
    app = 'standalone',
    env,
    builtFolder = BUILT_FOLDER,
  }: ProcessSettings): LedgerProcess {
    const main = resolve(builtFolder, `${app}.js`);
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(DATABASE_URL|KAFKA_BROKERS)$/.test(name)),
    );
    const child = spawn(process.execPath, [main], {
      env: { ...inherited, INSECURE_NO_AUTH: '1', HTTP_PORT: '0', GRPC_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWithParent(child);
    const { HTTP_PORT = '0', GRPC_PORT = '0' } = env;
    return new LedgerProcess(child, `http://127.0.0.1:${HTTP_PORT}`, `127.0.0.1:${GRPC_PORT}`);
  }

  /** Starts a standalone and waits until it says that it is ready. */
  static async start(settings: ProcessSettings): Promise<LedgerProcess> {
    const started = LedgerProcess.spawn(settings);
    await started.until('to be ready', () => started.output.includes('Ctrl-C stops it'));
    started.httpUrl = /HTTP {2}(\S+)/.exec(started.output)![1]!;
    started.grpcAddress = /gRPC {2}(\S+)/.exec(started.output)![1]!;
    return started;
  }

  /** Starts a process on fixed free ports, whose addresses it keeps, and waits until its doors are open. */
  static async open(settings: ProcessSettings): Promise<LedgerProcess> {
    const ports = { HTTP_PORT: String(await freePort()), GRPC_PORT: String(await freePort()) };
    const started = LedgerProcess.spawn({ ...settings, env: { ...ports, ...settings.env } });
    await started.until('to open its doors', () => started.answers('/livez'));
    return started;
  }

  /** As `open`, and waits until `/readyz` says that it can work. */
  static async openReady(settings: ProcessSettings): Promise<LedgerProcess> {
    const opened = await LedgerProcess.open(settings);
    await opened.ready();
    return opened;
  }

  /** Runs a process that is expected to end by itself. @returns what it said on stderr, and its exit code */
  static async refusal(settings: ProcessSettings): Promise<{ code: number | null; text: string }> {
    const refused = LedgerProcess.spawn(settings);
    const code = await refused.end();
    return { code, text: refused.errors };
  }

  get http(): HttpLedger {
    return new HttpLedger(this.httpUrl);
  }

  /** Close it after use. */
  grpc(): GrpcLedger {
    return new GrpcLedger(this.grpcAddress);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits until `/readyz` says that it can work. */
  async ready(): Promise<void> {
    await this.until('to be ready', () => this.answers('/readyz'));
  }

  /** Sends a signal and waits for the end. @returns the exit code, null after a signal */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.hasEnded) this.child.kill(signal);
    return this.end();
  }

  /** Waits for the end without asking for it. @returns the exit code, null after a signal */
  async end(): Promise<number | null> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), LIMIT_MS);
    await this.closed;
    clearTimeout(timer);
    return this.child.exitCode;
  }

  private async answers(path: string): Promise<boolean> {
    const response = await fetch(this.httpUrl + path);
    await response.arrayBuffer();
    return response.ok;
  }

  private async until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
    try {
      await waitUntil(`the process was ${what}`, () => this.hasEnded || condition(), LIMIT_MS);
      if (this.hasEnded) throw new Error(`the process ended before it was ${what}`);
    } catch (error) {
      this.child.kill('SIGKILL');
      throw new Error(`${String(error)}\n${this.output}`, { cause: error });
    }
  }
}

/** As an operator ends it: what it has started ends with it. */
function endWithParent(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const own = (guard ??= new EndWithParent('TERM'));
  own.add(pid);
  child.once('exit', () => own.delete(pid));
}
