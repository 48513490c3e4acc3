import {
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  type GrpcLedger,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';

const APPS = {
  standalone: 'standalone',
  ingest: 'ingest',
  projector: 'projector',
  auth: 'auth',
  'second auth': 'auth',
} as const;
export type Role = keyof typeof APPS;

/** The processes of one ledger, by what each is there for; all of them end with it. */
export class LedgerProcesses {
  private readonly log;
  private readonly databases: TestDatabase[] = [];
  private readonly running = new Map<Role, LedgerProcess>();
  private readonly clients = new Map<Role, GrpcLedger>();
  private readonly started: LedgerProcess[] = [];

  /** @param env for all of them. Waits are long: a killed projector keeps its partitions until its group has missed it */
  constructor(
    kind: 'Postgres' | 'Kafka',
    private readonly env: Readonly<Record<string, string>> = {},
  ) {
    this.log = logEnvironment(kind);
  }

  get db(): TestDatabase {
    return this.databases.at(-1)!;
  }

  /** Those that are started after it have an empty database, over the same log if that is on Kafka. */
  async newDatabase(): Promise<void> {
    this.databases.push(await createTestDatabase({ ledger: false }));
  }

  /** Starts processes side by side, and waits until each is ready. */
  async start(roles: readonly Role[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.open(roles, env);
    await Promise.all(roles.map((role) => this.get(role).ready()));
  }

  /** Likewise, and waits only until their doors are open. */
  async open(roles: readonly Role[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.databases.length === 0) await this.newDatabase();
    const all = {
      DATABASE_URL: this.db.url,
      VISIBLE_WAIT: 'PT30S',
      APPLY_WAIT: 'PT30S',
      MAX_LAG: 'PT10M',
      ...this.log.env,
      ...this.env,
      ...env,
    };
    const openOne = async (role: Role) => {
      const settings = { app: APPS[role], env: all };
      const opened = await LedgerProcess.open(settings);
      this.running.set(role, opened);
      this.started.push(opened);
    };
    await Promise.all(roles.map(openOne));
  }

  /** @returns the exit codes, null after a signal */
  stop(
    signal: NodeJS.Signals = 'SIGTERM',
    roles: readonly Role[] = [...this.running.keys()],
  ): Promise<(number | null)[]> {
    return Promise.all(
      roles.map((role) => {
        this.clients.get(role)?.close();
        this.clients.delete(role);
        return this.get(role).stop(signal);
      }),
    );
  }

  http(role: Role): HttpLedger {
    return this.get(role).http;
  }

  grpc(role: Role): GrpcLedger {
    let client = this.clients.get(role);
    if (!client) this.clients.set(role, (client = this.get(role).grpc()));
    return client;
  }

  /** Everything that any of them has printed. */
  get output(): string {
    return this.started.map(({ output }) => output).join('\n');
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.log.remove();
    await Promise.all(this.databases.map((db) => db.drop()));
  }

  /** A standalone is there for everything. */
  private get(role: Role): LedgerProcess {
    const process = this.running.get(role) ?? this.running.get('standalone');
    if (!process) throw new Error(`no ${role} was started`);
    return process;
  }
}

/** The `CLOCK_OFFSET` of processes whose clock shows an instant now, or so many seconds later or earlier. */
export function clockOffset(instant: string, secondsLater = 0): string {
  const offsetMs = Date.parse(instant) + secondsLater * 1000 - Date.now();
  return `${offsetMs < 0 ? '-' : ''}PT${Math.abs(offsetMs) / 1000}S`;
}
