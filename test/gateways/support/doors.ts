import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PROJECT_FOLDER, waitUntil } from '#libs/testing';
import { EnvoyClient, type Ended, type EnvoySays, type Told } from './envoy-client';
import { GatewayLedger } from './ledger';

/** What the calls of specs say, where they say nothing else. */
export const BODY = { model: 'gpt-5', max_tokens: 100 };
/** What is held for them: 1.25 for a million tokens of input, 10 for a million of output. */
export const ESTIMATE = ((JSON.stringify(BODY).length * 125 + 100_000) / 1e8).toString();
export const USAGE = { input_tokens: 10, output_tokens: 5, model: 'gpt-5' };
/** What this usage costs. */
export const COST = '0.0000625';
export const SECRET = `sk-${'a'.repeat(24)}`;

export interface AskedCall {
  readonly account: string;
  readonly user: string;
  readonly requestId: string;
  readonly told: Told;
}

/** A ledger with files of its own, and who speaks to its doors as Envoy does. */
export class Doors {
  private operators: string | undefined;

  private constructor(
    private readonly folder: string,
    readonly ledger: GatewayLedger,
    readonly envoy: EnvoyClient,
  ) {}

  /** @param gateways what GATEWAYS_FILE says; prices are those of docs/gateways */
  static async open(gateways: object): Promise<Doors> {
    const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-gateways-'));
    const files = {
      GATEWAYS_FILE: join(folder, 'gateways.yaml'),
      PRICES_FILE: join(folder, 'prices.yaml'),
    };
    const prices = await readFile(resolve(PROJECT_FOLDER, 'docs/gateways/prices.yaml'), 'utf8');
    await writeFile(files.GATEWAYS_FILE, JSON.stringify(gateways));
    await writeFile(files.PRICES_FILE, prices);
    const ledger = await GatewayLedger.start(files);
    return new Doors(folder, ledger, new EnvoyClient(`127.0.0.1:${ledger.grpcPort}`));
  }

  says(gateway?: string): EnvoySays {
    return { gateway, token: this.ledger.token };
  }

  /** Asks about a call of a new user. */
  async ask(gateway?: string, requestId: string = randomUUID()): Promise<AskedCall> {
    const user = randomUUID();
    const headers = { 'x-user': user, 'x-request-id': requestId };
    const told = await this.envoy.ask({ headers, body: BODY }, this.says(gateway));
    return { user, account: `user:${user}`, requestId, told };
  }

  /** Logs entries in a stream of their own. */
  async log(gateway: string | undefined, ...entries: Ended[]): Promise<void> {
    const stream = this.envoy.log(this.says(gateway));
    stream.send(...entries);
    const said = await stream.end();
    if (said !== 'OK') throw new Error(said);
  }

  /** Does it, and waits until so many reports became this. */
  async becomes(outcome: string, work: () => Promise<void>, times = 1): Promise<void> {
    const before = await this.reported(outcome);
    await work();
    await waitUntil(`${times} reports are ${outcome}`, async () => {
      return (await this.reported(outcome)) >= before + times;
    });
  }

  async eventsOf(account: string) {
    const { body } = await this.ledger.http.get(`/v1/events?account=${account}`);
    return (body as { items: unknown }).items as {
      readonly id: string;
      readonly source: string;
      readonly time: string;
      readonly data: Readonly<Record<string, unknown>>;
    }[];
  }

  read(file: 'gateways' | 'prices'): Promise<string> {
    return readFile(join(this.folder, `${file}.yaml`), 'utf8');
  }

  /** Writes a file anew, and tells the ledger. */
  async rewrite(file: 'gateways' | 'prices', content: string | object): Promise<void> {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(this.folder, `${file}.yaml`), text);
    this.ledger.signal('SIGHUP');
  }

  async close(): Promise<void> {
    this.envoy.close();
    await this.ledger.stop();
    await rm(this.folder, { recursive: true });
  }

  private async reported(outcome: string): Promise<number> {
    this.operators ??= await this.ledger.keepToken('prometheus', ['ops']);
    const response = await fetch(`http://127.0.0.1:${this.ledger.httpPort}/metrics`, {
      headers: { authorization: `Bearer ${this.operators}` },
    });
    const line = new RegExp(`^gateway_reports_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm');
    return Number(line.exec(await response.text())![1]);
  }
}

/** The entry of a call that was asked about. */
export function logged({ told, requestId }: AskedCall, ended: Ended = {}): Ended {
  return { left: told.metadata, streamId: requestId, ...ended };
}
