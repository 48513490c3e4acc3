import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { Fault, type FaultKind, type FaultTarget } from './fault';
import { Gate } from './gate';
import { ProxiedConnection } from './proxied-connection';

interface Front {
  readonly server: Server;
  readonly port: number;
  readonly gate: Gate;
  /** Of the broker behind it. */
  target: number | undefined;
}

/**
 * Stands before the brokers of a cluster and does to the connections of its clients what networks and dying brokers do.
 * The brokers must advertise its ports: start them with `advertise`, and give clients `brokers`.
 */
export class KafkaProxy {
  private readonly faults: Fault[] = [];
  private readonly connections = new Set<ProxiedConnection>();

  private constructor(private readonly fronts: ReadonlyMap<number, Front>) {
    for (const [node, front] of fronts) this.serve(node, front);
  }

  /** @param nodes the ids of the brokers that will stand behind it */
  static async listen(nodes: readonly number[]): Promise<KafkaProxy> {
    const fronts = nodes.map(async (node): Promise<[number, Front]> => {
      const server = createServer({ noDelay: true });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      return [node, { server, port, gate: new Gate(), target: undefined }];
    });
    return new KafkaProxy(new Map(await Promise.all(fronts)));
  }

  /** `host:port` of each, for clients to begin with. */
  get brokers(): string[] {
    return [...this.fronts.values()].map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Learns where a broker listens. @returns the port that it must tell clients instead */
  readonly advertise = (node: number, port: number): number => {
    const front = this.front(node);
    front.target = port;
    return front.port;
  };

  /** Lies in wait for requests. */
  inject(what: FaultKind, target: FaultTarget): Fault {
    const fault = new Fault(what, target);
    this.faults.push(fault);
    return fault;
  }

  /** Ends every connection that there is. */
  cut(): void {
    for (const connection of this.connections) connection.cut();
  }

  /** Nothing passes to or from the broker any more, and connections stay: it is asleep, or beyond a broken router. */
  freeze(node: number): void {
    this.front(node).gate.close();
  }

  thaw(node: number): void {
    this.front(node).gate.open();
  }

  async close(): Promise<void> {
    const closed = [...this.fronts.values()].map(({ server, gate }) => {
      gate.open();
      return new Promise((resolve) => server.close(resolve));
    });
    this.cut();
    await Promise.all(closed);
  }

  private front(node: number): Front {
    const front = this.fronts.get(node);
    if (!front) throw new RangeError(`this proxy has no broker ${node}`);
    return front;
  }

  private serve(node: number, front: Front): void {
    front.server.on('connection', (client) => {
      if (front.target === undefined) {
        client.destroy();
        return;
      }
      const { gate, target: port } = front;
      const connection = new ProxiedConnection(client, { node, port, gate, faults: this.faults });
      this.connections.add(connection);
      void connection.run().then(() => this.connections.delete(connection));
    });
  }
}
