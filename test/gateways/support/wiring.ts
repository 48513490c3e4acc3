import { startEnvoy, type EnvoySettings } from './envoy';
import { GatewayLedger } from './ledger';
import type { ProxyProcess } from './proxy-process';
import { Upstream } from './upstream';
import type { Wanted } from './upstream-answers';

/** What a client of a gateway got. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Asked {
  readonly model?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Members of the body beside the model. */
  readonly body?: object;
  /** How the upstream answers. */
  readonly wanted?: Wanted;
}

type Wired = Pick<EnvoySettings, 'file' | 'gateway' | 'isOpen' | 'timeoutMs'>;

/** A ledger and an upstream, and Envoys between them that are wired in several ways. */
export class Wiring {
  private readonly envoys = new Map<string, Promise<ProxyProcess>>();

  private constructor(
    readonly ledger: GatewayLedger,
    readonly upstream: Upstream,
  ) {}

  static async start(): Promise<Wiring> {
    const [ledger, upstream] = await Promise.all([GatewayLedger.start(), Upstream.start()]);
    return new Wiring(ledger, upstream);
  }

  /** The address of an Envoy with this wiring; the same one for the same wiring. */
  async envoy(wired: Wired): Promise<string> {
    const key = JSON.stringify(wired);
    const { grpcPort: ledgerPort, token } = this.ledger;
    const upstreamPort = this.upstream.port;
    const envoy = this.envoys.get(key) ?? startEnvoy({ ...wired, ledgerPort, token, upstreamPort });
    this.envoys.set(key, envoy);
    return (await envoy).url;
  }

  /** Kills the Envoy of this wiring. */
  async kill(wired: Wired): Promise<void> {
    const key = JSON.stringify(wired);
    await (await this.envoys.get(key)!).stop('SIGKILL');
    this.envoys.delete(key);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.envoys.values()].map(async (envoy) => (await envoy).stop()));
    await this.upstream.stop();
    await this.ledger.stop();
  }
}

/** One call through a gateway, with all of its answer. Rejects when the answer breaks off. */
export async function callModel(url: string, asked: Asked): Promise<Answered> {
  const response = await openCall(url, asked);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export function openCall(
  url: string,
  { model = 'gpt-5', path = '/v1/chat/completions', headers = {}, signal, body, wanted }: Asked,
): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, _: wanted, ...body }),
    ...(signal && { signal }),
  });
}
