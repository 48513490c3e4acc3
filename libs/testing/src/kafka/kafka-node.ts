import { spawn, type ChildProcess } from 'node:child_process';
import { cp, open, readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { waitUntil } from '../wait-until';
import type { KafkaJars } from './kafka-jars';
import type { EndWithParent } from '../end-with-parent';
import { serverProperties, type NodeSettings } from './server-properties';

/** A broker that can reach no controller would wait for minutes. */
const STOP_MS = 20_000;
const TOLD_CHARACTERS = 2000;
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];
const QUIET = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];

/** One node of a cluster: a process that can be ended and started again on its data. */
export class KafkaNode {
  private child: ChildProcess | undefined;
  private isPaused = false;

  constructor(
    private readonly jars: KafkaJars,
    private readonly folder: string,
    private readonly settings: NodeSettings,
    private readonly guard: EndWithParent,
  ) {}

  get name(): string {
    return `node ${this.settings.node} of Kafka`;
  }

  get hasEnded(): boolean {
    return this.child === undefined;
  }

  /** Whether other nodes can see it. */
  get isAwake(): boolean {
    return !this.hasEnded && !this.isPaused;
  }

  /** Where nodes meet, past any proxy that stands before the clients' port. */
  get brokerAddress(): string {
    return `127.0.0.1:${this.settings.ports[this.settings.node - 1]!.broker}`;
  }

  /** What `StorageTool format` does, in milliseconds: its folder, with this node's ids. */
  async format(clusterId: string): Promise<void> {
    const { node, dataDir } = this.settings;
    await cp(this.jars.formatted, dataDir, { recursive: true });
    const ids = { 'node.id': node, 'directory.id': newKafkaId(), version: 1 };
    await writeFile(join(dataDir, 'meta.properties'), linesOf({ ...ids, 'cluster.id': clusterId }));
    await writeFile(this.configFile, linesOf(serverProperties(this.settings)));
  }

  async launch(): Promise<void> {
    if (!this.hasEnded) throw new Error(`${this.name} runs already`);
    const output = await open(this.outputFile, 'a');
    try {
      const args = [...JVM, ...QUIET, '-cp', join(this.jars.jars, '*'), 'kafka.Kafka'];
      // In a session of its own: a Ctrl-C is meant for the test run, and the guard does the rest.
      const child = spawn(this.jars.java, [...args, this.configFile], {
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
      });
      this.watch(child);
    } finally {
      await output.close();
    }
  }

  setPaused(isPaused: boolean): void {
    if (!this.child?.kill(isPaused ? 'SIGSTOP' : 'SIGCONT')) {
      throw new Error(`${this.name} does not run`);
    }
    this.isPaused = isPaused;
  }

  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await waitUntil(`${this.name} has ended`, () => this.hasEnded);
  }

  async stop(): Promise<void> {
    this.child?.kill('SIGTERM');
    await waitUntil(this.name, () => this.hasEnded, STOP_MS).catch(() => this.kill());
  }

  async lastOutput(): Promise<string> {
    return (await readFile(this.outputFile, 'utf8').catch(() => '')).slice(-TOLD_CHARACTERS);
  }

  private watch(child: ChildProcess): void {
    const { pid } = child;
    const ended = () => {
      this.child = undefined;
      this.isPaused = false;
      if (pid !== undefined) this.guard.delete(pid);
    };
    child.once('exit', ended);
    child.once('error', ended);
    child.unref();
    this.child = child;
    if (pid !== undefined) this.guard.add(pid);
  }

  private get configFile(): string {
    return join(this.folder, `node-${this.settings.node}.properties`);
  }

  private get outputFile(): string {
    return join(this.folder, `node-${this.settings.node}.log`);
  }
}

/** As Kafka makes them: 16 bytes, of which the text may not begin with a dash. */
export function newKafkaId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? newKafkaId() : id;
}

function linesOf(properties: Readonly<Record<string, string | number>>): string {
  return Object.entries(properties)
    .map((pair) => `${pair.join('=')}\n`)
    .join('');
}
