/** The ports on which a node listens. */
export interface NodePorts {
  readonly client: number;
  readonly broker: number;
  readonly controller: number;
}

export interface NodeSettings {
  readonly node: number;
  /** Of every node, in order. */
  readonly ports: readonly NodePorts[];
  readonly dataDir: string;
  /** The address on which clients are waited for; nodes meet on 127.0.0.1. */
  readonly listenOn: string;
  /** `host:port` where clients are told to connect. */
  readonly advertised: string;
  readonly sessionTimeoutMinMs: number;
  readonly properties: Readonly<Record<string, string>>;
}

/** A node that is broker and controller, small, and quick to notice that another one is gone. */
export function serverProperties(settings: NodeSettings): Record<string, string> {
  const { node, ports, dataDir, advertised } = settings;
  const { client, broker, controller } = ports[node - 1]!;
  const voters = ports.map((each, index) => `${index + 1}@127.0.0.1:${each.controller}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node),
    'controller.quorum.voters': voters.join(','),
    listeners: `CLIENT://${settings.listenOn}:${client},BROKER://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `CLIENT://${advertised},BROKER://127.0.0.1:${broker}`,
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'BROKER',
    'log.dirs': dataDir,
    ...replication(ports.length),
    'unclean.leader.election.enable': 'false',
    'auto.create.topics.enable': 'false',
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': String(settings.sessionTimeoutMinMs),
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'num.network.threads': '2',
    'num.io.threads': '4',
    // What makes it fit into a small heap.
    'log.cleaner.dedupe.buffer.size': '4194304',
    ...settings.properties,
  };
}

function replication(brokers: number): Record<string, string> {
  const factor = String(brokers);
  const inSync = brokers > 1 ? '2' : '1';
  return {
    'default.replication.factor': factor,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': factor,
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': inSync,
  };
}
