import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTestDatabase,
  LedgerProcess,
  spendEvent,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';

export const PRICES = `
version: "2026-11-30"
currency: USD
models:
- {match: gpt-5, input: "1.25", cachedInput: "0.125", output: "10.00"}
- {match: "claude-*", input: "3.00", cachedInput: "0.30", cacheWrite: "3.75", output: "15.00", perRequest: "0.000001"}
`;
export const USAGE = { input: 1200, output: 300, cachedInput: 1000, reasoning: 100 };
/** By `PRICES`: 200 × 1.25 + 1000 × 0.125 + 200 × 10 + 100 × 10, for a million. */
export const COST = '0.003375';

const EVENT = 'application/cloudevents+json';

/** A file of prices in a folder of its own. */
export class PricesFile {
  private readonly folder = mkdtempSync(join(tmpdir(), 'prices-'));
  readonly path = join(this.folder, 'prices.yaml');

  constructor(text = PRICES) {
    this.write(text);
  }

  write(text: string): void {
    writeFileSync(this.path, text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** A ledger in one process that prices usage by a file. */
export class PricedLedger {
  private constructor(
    readonly db: TestDatabase,
    readonly file: PricesFile,
    readonly process: LedgerProcess,
  ) {}

  static async start(): Promise<PricedLedger> {
    const db = await createTestDatabase();
    const file = new PricesFile();
    const env = { DATABASE_URL: db.url, PRICES_FILE: file.path };
    return new PricedLedger(db, file, await LedgerProcess.start({ env, readyWaitMs: 120_000 }));
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await this.db.drop();
    this.file.remove();
  }

  get http() {
    return this.process.http;
  }

  /** Posts a spend that says its usage; what is not given is made up. */
  post(scope: object, event: object, data: object = {}): Promise<Answer> {
    return this.http.post('/v1/events', usageEvent(scope, event, data), EVENT);
  }

  /** The event as it is on record. */
  async read(id: string, position: string): Promise<Answer['body']> {
    const query = `source=gw&id=${id}&minPosition=${encodeURIComponent(position)}`;
    const { status, body } = await this.http.get(`/v1/event?${query}`);
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Writes the file, sends SIGHUP, and waits until the log says so. */
  async reload(text: string, line: RegExp): Promise<void> {
    const before = this.process.output.length;
    this.file.write(text);
    this.process.child.kill('SIGHUP');
    await waitUntil('the file was read again', () => line.test(this.process.output.slice(before)));
  }
}

/** Of the source `gw`, by `gpt-5`. */
export function usageEvent(scope: object, event: object, data: object = {}) {
  const { data: made, ...attributes } = spendEvent(scope, undefined, {
    source: 'gw',
    ...event,
  }) as {
    readonly data: object;
    readonly time: string;
  };
  return { ...attributes, data: { ...made, usage: USAGE, model: 'gpt-5', ...data } };
}
