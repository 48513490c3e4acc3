import {
  createTestDatabase,
  KafkaCluster,
  LedgerCommand,
  LedgerProcess,
  logEnvironment,
  testKafkaBrokers,
  type LogEnvironment,
  type TestDatabase,
} from '#libs/testing';
import { TOPICS } from '#libs/wire';
import { listenerOn } from '../measure/proc';
import { postmasterOf } from './postmaster';
import { startPostgres } from './start-postgres';

type App = 'ingest' | 'projector' | 'auth';

/** Where the servers are; `undefined`: the benchmark starts its own. */
export interface Servers {
  readonly databaseUrl: string | undefined;
  readonly brokers: readonly string[] | undefined;
}

/** A ledger of the benchmark's own: built processes on an empty database of a real Postgres and topics of a real Kafka. */
export class KafkaLedger {
  private readonly processes = new Map<App, LedgerProcess>();

  private constructor(
    private readonly db: TestDatabase,
    private readonly log: LogEnvironment,
    private readonly stopServers: () => Promise<void>,
    /** Of servers that run on this machine. */
    readonly pids: { readonly postgres: number | undefined; readonly kafka: number | undefined },
  ) {}

  static async start(servers: Servers): Promise<KafkaLedger> {
    const stopServers = await startServers(servers);
    try {
      const db = await createTestDatabase({ ledger: false });
      const pids = {
        postgres: await postmasterOf(db.database),
        kafka: listenerOn(Number(testKafkaBrokers()[0]!.split(':').at(-1))),
      };
      return new KafkaLedger(db, logEnvironment('Kafka'), stopServers, pids);
    } catch (error) {
      await stopServers();
      throw error;
    }
  }

  get database(): TestDatabase['database'] {
    return this.db.database;
  }

  get databaseUrl(): string {
    return this.db.url;
  }

  /** The topic that is the log. */
  get topic(): string {
    return `${this.log.env['KAFKA_TOPIC_PREFIX']}${TOPICS.ledger}`;
  }

  /** Starts a process and waits until it can work. */
  async open(app: App): Promise<LedgerProcess> {
    const opened = await LedgerProcess.openReady({ app, env: this.env });
    this.processes.set(app, opened);
    return opened;
  }

  /** Starts a process without waiting for anything. */
  spawn(app: App): LedgerProcess {
    const spawned = LedgerProcess.spawn({ app, env: this.env });
    this.processes.set(app, spawned);
    return spawned;
  }

  /** A command of the auditor's on this ledger. */
  command(...args: readonly string[]): LedgerCommand {
    return LedgerCommand.start(this.env, ...args);
  }

  async close(app: App): Promise<void> {
    await this.processes.get(app)?.stop();
    this.processes.delete(app);
  }

  async stop(): Promise<void> {
    for (const app of [...this.processes.keys()]) await this.close(app);
    await this.log.remove();
    await this.db.drop();
    await this.stopServers();
  }

  private get env(): Record<string, string> {
    return { DATABASE_URL: this.db.url, LOG_LEVEL: 'warn', ...this.log.env };
  }
}

/** Puts their addresses where what tests are made of looks for them. @returns what stops those that it has started */
async function startServers({ databaseUrl, brokers }: Servers): Promise<() => Promise<void>> {
  const stopPostgres = await startPostgres(databaseUrl);
  let kafka: KafkaCluster | undefined;
  try {
    kafka = brokers === undefined ? await KafkaCluster.start() : undefined;
  } catch (error) {
    await stopPostgres();
    throw error;
  }
  process.env['SPEND_LEDGER_TEST_KAFKA'] = (brokers ?? kafka!.addresses).join(',');
  return async () => {
    await kafka?.remove();
    await stopPostgres();
  };
}
