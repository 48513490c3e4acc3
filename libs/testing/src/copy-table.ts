import { Client, type Connection } from 'pg';

const CHUNK_BYTES = 64 * 1024;

/** COPY over one connection of its own: how fast Postgres itself takes or gives rows. */
export class TableCopier {
  private constructor(private readonly client: Client) {}

  static async connect(connectionString: string): Promise<TableCopier> {
    const client = new Client({ connectionString });
    await client.connect();
    return new TableCopier(client);
  }

  /** @returns the rows of a table as `copyIn` takes them */
  async copyOut(table: string): Promise<Buffer> {
    const copy = new Copy(`copy ${table} to stdout (format binary)`);
    this.client.query(copy);
    await copy.done;
    return Buffer.concat(copy.given);
  }

  /** Has a table's rows sent as text, and keeps none. @returns their bytes */
  async copyAway(table: string): Promise<number> {
    let bytes = 0;
    const copy = new Copy(`copy ${table} to stdout`, undefined, (chunk) => (bytes += chunk.length));
    this.client.query(copy);
    await copy.done;
    return bytes;
  }

  async copyIn(table: string, rows: Buffer): Promise<void> {
    const copy = new Copy(`copy ${table} from stdin (format binary)`, rows);
    this.client.query(copy);
    await copy.done;
  }

  close(): Promise<void> {
    return this.client.end();
  }
}

/** A statement that pg hands its connection to; it has no type for the messages of COPY. */
class Copy {
  readonly given: Buffer[] = [];
  private readonly ended = Promise.withResolvers<void>();
  private error: Error | undefined;

  constructor(
    private readonly text: string,
    private readonly rows: Buffer = Buffer.alloc(0),
    // pg reads the next message into the same memory.
    private readonly take: (chunk: Buffer) => void = (chunk) => this.given.push(Buffer.from(chunk)),
  ) {}

  get done(): Promise<void> {
    return this.ended.promise;
  }

  submit(connection: Connection): void {
    connection.query(this.text);
  }

  handleCopyInResponse(connection: Connection & CopyConnection): void {
    for (let at = 0; at < this.rows.length; at += CHUNK_BYTES) {
      connection.sendCopyFromChunk(this.rows.subarray(at, at + CHUNK_BYTES));
    }
    connection.endCopyFrom();
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.take(chunk);
  }

  handleError(error: Error): void {
    this.error = error;
  }

  handleCommandComplete(): void {
    return;
  }

  handleReadyForQuery(): void {
    if (this.error) this.ended.reject(this.error);
    else this.ended.resolve();
  }
}

interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}
