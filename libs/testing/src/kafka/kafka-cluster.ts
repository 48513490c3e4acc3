import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port';
import { waitUntil } from '../wait-until';
import { countBrokers } from './count-brokers';
import { kafkaJars } from './kafka-jars';
import { KafkaNode, newKafkaId } from './kafka-node';
import { EndWithParent } from '../end-with-parent';
import type { NodePorts } from './server-properties';

export interface KafkaClusterOptions {
  readonly brokers?: 1 | 3;
  /** The shortest session time-out a group may ask for. */
  readonly sessionTimeoutMinMs?: number;
  /** More lines for each node's server.properties. */
  readonly properties?: Properties | ((ports: NodePorts) => Properties);
  /** The port of 127.0.0.1 that clients are told to connect to, for proxies in front; `port` is the node's own. */
  readonly advertise?: (node: number, port: number) => number;
}

type Properties = Readonly<Record<string, string>>;

const MOST_ATTEMPTS = 3;

/** Real brokers of a spec's own, on fixed ports of 127.0.0.1. Nodes are numbered from 1. */
export class KafkaCluster {
  private constructor(
    private readonly folder: string,
    private readonly nodes: readonly KafkaNode[],
    private readonly guard: EndWithParent,
    /** `host:port` of each node itself, whatever it advertises. */
    readonly addresses: string[],
  ) {}

  static async start(options: KafkaClusterOptions = {}): Promise<KafkaCluster> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await KafkaCluster.startOnce(options);
      } catch (error) {
        // Somebody took a port after it was found free.
        const isTaken = (error as Error).message.includes('Address already in use');
        if (!isTaken || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  private static async startOnce(options: KafkaClusterOptions): Promise<KafkaCluster> {
    const jars = await kafkaJars();
    const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-kafka-'));
    const guard = new EndWithParent('KILL', folder);
    const ports = await portsOf(options.brokers ?? 1);
    const { properties = {} } = options;
    const nodes = ports.map((own, index) => {
      const node = index + 1;
      const { client } = own;
      const settings = {
        node,
        ports,
        dataDir: dataDirOf(folder, node),
        listenOn: '127.0.0.1',
        advertised: `127.0.0.1:${options.advertise?.(node, client) ?? client}`,
        sessionTimeoutMinMs: options.sessionTimeoutMinMs ?? 1000,
        properties: typeof properties === 'function' ? properties(own) : properties,
      };
      return new KafkaNode(jars, folder, settings, guard);
    });
    const addresses = ports.map(({ client }) => `127.0.0.1:${client}`);
    const cluster = new KafkaCluster(folder, nodes, guard, addresses);
    try {
      const clusterId = newKafkaId();
      for (const node of nodes) await node.format(clusterId);
      for (const node of nodes) await node.launch();
      for (const node of nodes) await cluster.ready(node);
    } catch (error) {
      await cluster.remove();
      throw error;
    }
    return cluster;
  }

  /** kill -9. */
  kill(node: number): Promise<void> {
    return this.node(node).kill();
  }

  /** In good order, unless it takes too long. */
  stop(node: number): Promise<void> {
    return this.node(node).stop();
  }

  pause(node: number): void {
    this.node(node).setPaused(true);
  }

  resume(node: number): void {
    this.node(node).setPaused(false);
  }

  /** Starts an ended node again on its data and ports, and waits until it sees every node that runs. */
  async restart(node: number): Promise<void> {
    await this.node(node).launch();
    await this.ready(this.node(node));
  }

  /** The node's `log.dirs`. */
  dataDir(node: number): string {
    return dataDirOf(this.folder, node);
  }

  /** Ends every node, however it is, and deletes the data. */
  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await rm(this.folder, { recursive: true, force: true });
    this.guard.release();
  }

  private node(node: number): KafkaNode {
    const found = this.nodes[node - 1];
    if (!found) throw new Error(`there is no node ${node}`);
    return found;
  }

  private async ready(node: KafkaNode): Promise<void> {
    const isReady = async () => {
      if (node.hasEnded) return true;
      const awake = this.nodes.filter((each) => each.isAwake).length;
      return (await countBrokers(node.brokerAddress)) >= awake;
    };
    try {
      await waitUntil(`${node.name} is ready`, isReady);
      if (node.hasEnded) throw new Error(`${node.name} ended at once`);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${message}. It printed last:\n${await node.lastOutput()}`, { cause: error });
    }
  }
}

function dataDirOf(folder: string, node: number): string {
  return join(folder, `data-${node}`);
}

async function portsOf(brokers: number): Promise<NodePorts[]> {
  const free = new Set<number>();
  while (free.size < 3 * brokers) free.add(await freePort());
  const all = [...free];
  return Array.from({ length: brokers }, (_, node) => {
    const [client, broker, controller] = all.slice(3 * node, 3 * node + 3) as [
      number,
      number,
      number,
    ];
    return { client, broker, controller };
  });
}
