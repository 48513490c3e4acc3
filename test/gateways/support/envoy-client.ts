import { randomUUID } from 'node:crypto';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type ClientWritableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { GATEWAY_PROTOS } from '#libs/wire';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec names the members it expects
type Message = any;

export interface EnvoySays {
  readonly gateway?: string | undefined;
  readonly token?: string | undefined;
  readonly deadlineMs?: number;
}

/** A call as Envoy asks about it; what is not given is made up. */
export interface AskedOf {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
  readonly method?: string;
  readonly path?: string;
  readonly id?: string;
  readonly context?: Readonly<Record<string, string>>;
  readonly claims?: object;
}

/** What door 1 answered, as a spec reads it. */
export interface Told {
  /** Of gRPC, outside of the answer; 0 where there is one. */
  readonly grpc: number;
  readonly details: string;
  /** Of HTTP; 200: let through. `error`: Envoy's own configuration decides. */
  readonly status: number | 'error';
  /** Of the denial. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Message;
  readonly toUpstream: Readonly<Record<string, string>>;
  readonly removed: readonly string[];
  readonly toClient: Readonly<Record<string, string>>;
  /** As Envoy keeps it. */
  readonly metadata: Message;
}

/** How an entry of the log says that its call went. */
export interface Ended {
  readonly left?: Message;
  readonly usage?: Readonly<Record<string, string | number>>;
  readonly status?: number;
  readonly details?: string;
  readonly flags?: object;
  readonly isSent?: boolean;
  readonly streamId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly startMs?: number;
  readonly more?: object;
}

/** Speaks Envoy's protocols to the doors of gateways, without an Envoy. */
export class EnvoyClient {
  private readonly authorization: Message;
  private readonly logs: Message;

  constructor(address: string) {
    const options = { keepCase: true, longs: String, enums: Number, oneofs: true };
    const { protos, root } = GATEWAY_PROTOS;
    const loaded: Message = loadPackageDefinition(
      loadSync([...protos], { ...options, includeDirs: [root] }),
    );
    const { auth, accesslog } = loaded.envoy.service;
    this.authorization = new auth.v3.Authorization(address, credentials.createInsecure());
    this.logs = new accesslog.v3.AccessLogService(address, credentials.createInsecure());
  }

  ask(call: AskedOf, says: EnvoySays = {}): Promise<Told> {
    const { headers = {}, body, method = 'POST', path = '/v1/chat/completions' } = call;
    const raw_body = Buffer.from(typeof body === 'object' ? JSON.stringify(body) : (body ?? ''));
    const claims = { 'envoy.filters.http.jwt_authn': structOf(call.claims ?? {}) };
    const attributes = {
      request: { http: { id: call.id ?? randomUUID(), method, path, headers, raw_body } },
      context_extensions: call.context ?? {},
      ...(call.claims && { metadata_context: { filter_metadata: claims } }),
    };
    const { deadlineMs = 60_000 } = says;
    return new Promise((resolve) =>
      this.authorization.Check(
        { attributes },
        metadataOf(says),
        { deadline: Date.now() + deadlineMs },
        (error: ServiceError | null, answer: Message) => resolve(toldBy(error, answer)),
      ),
    );
  }

  /** Opens a stream of the log. `end()` says how it ended. */
  log(
    says: EnvoySays = {},
    logName = '',
  ): { send(...entries: Ended[]): void; end(): Promise<string> } {
    let finish: (said: string) => void;
    const done = new Promise<string>((resolve) => (finish = resolve));
    const stream: ClientWritableStream<object> = this.logs.StreamAccessLogs(
      metadataOf(says),
      (error: ServiceError | null) => finish(error === null ? 'OK' : error.details),
    );
    stream.on('error', () => undefined);
    let isFirst = true;
    return {
      send: (...entries) => {
        const identifier = isFirst ? { identifier: { log_name: logName } } : {};
        isFirst = false;
        stream.write({ ...identifier, http_logs: { log_entry: entries.map(entryOf) } });
      },
      end: () => {
        stream.end();
        return done;
      },
    };
  }

  close(): void {
    this.authorization.close();
    this.logs.close();
  }
}

function metadataOf({ gateway, token }: EnvoySays): Metadata {
  const metadata = new Metadata();
  if (gateway !== undefined) metadata.set('x-spend-gateway', gateway);
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

function toldBy(error: ServiceError | null, answer: Message): Told {
  const denied = answer?.denied_response ?? answer?.error_response;
  const ok = answer?.ok_response;
  const none = { headers: {}, body: undefined, toUpstream: {}, removed: [], toClient: {} };
  if (error !== null) {
    const { code: grpc, details } = error;
    return { ...none, grpc, details, status: 'error', metadata: undefined };
  }
  return {
    grpc: 0,
    details: answer.status?.message ?? '',
    metadata: answer.dynamic_metadata,
    status: denied ? denied.status.code : 200,
    headers: headersOf(denied?.headers),
    body: denied ? JSON.parse(denied.body) : undefined,
    toUpstream: headersOf(ok?.headers),
    removed: ok?.headers_to_remove ?? [],
    toClient: headersOf(ok?.response_headers_to_add),
  };
}

function headersOf(options: Message[] = []): Record<string, string> {
  return Object.fromEntries(options.map(({ header }) => [header.key, header.value]));
}

function entryOf(ended: Ended): object {
  const { status = 200, details = 'via_upstream', flags = {}, isSent = true, headers } = ended;
  const start = ended.startMs ?? Date.now();
  const filter_metadata = {
    ...(ended.left && { 'envoy.filters.http.ext_authz': ended.left }),
    ...(ended.usage && { 'spend_ledger.usage': structOf(ended.usage) }),
  };
  return {
    common_properties: {
      start_time: { seconds: Math.floor(start / 1000), nanos: (start % 1000) * 1_000_000 },
      duration: { seconds: 0, nanos: 5_000_000 },
      ...(isSent && { time_to_first_upstream_tx_byte: { seconds: 0, nanos: 1 } }),
      response_flags: flags,
      metadata: { filter_metadata },
      stream_id: ended.streamId ?? randomUUID(),
      ...ended.more,
    },
    request: { request_method: 3, path: '/v1/chat/completions', request_headers: headers ?? {} },
    response: { response_code: { value: status }, response_code_details: details },
  };
}

function structOf(value: object): object {
  return {
    fields: Object.fromEntries(Object.entries(value).map(([name, each]) => [name, valueOf(each)])),
  };
}

function valueOf(value: unknown): object {
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'object' && value !== null) return { structValue: structOf(value) };
  return { stringValue: String(value) };
}
