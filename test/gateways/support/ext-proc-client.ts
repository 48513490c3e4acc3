import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { GATEWAY_PROTOS } from '#libs/wire';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec names the members it expects
type Message = any;
type Stream = grpc.ClientDuplexStream<object, Message>;

export interface Opening {
  readonly token: string;
  /** `undefined`: Envoy names none. */
  readonly gateway: string | undefined;
}

const LOADER = { keepCase: true, longs: String, enums: String, oneofs: true };

/** Speaks to ext_proc's door as Envoy does: it waits for the answer to each part. */
export class ExtProcClient {
  private readonly client: grpc.Client;
  private readonly method: grpc.MethodDefinition<object, Message>;

  constructor(address: string) {
    const { root, protos } = GATEWAY_PROTOS;
    const definition = loadSync([...protos], { ...LOADER, includeDirs: [root] });
    const service = definition['envoy.service.ext_proc.v3.ExternalProcessor'];
    this.method = (service as grpc.ServiceDefinition)['Process'] as typeof this.method;
    this.client = new grpc.Client(address, grpc.credentials.createInsecure());
  }

  open({ token, gateway }: Opening): ProcessedByHand {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    if (gateway !== undefined) metadata.set('x-spend-gateway', gateway);
    const { path, requestSerialize, responseDeserialize } = this.method;
    return new ProcessedByHand(
      this.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata),
    );
  }

  close(): void {
    this.client.close();
  }
}

/** One call, part by part. */
export class ProcessedByHand {
  private readonly waiting: ((answer: Message) => void)[] = [];
  /** How the door ended it. */
  readonly ended: Promise<{ readonly code: number; readonly details: string }>;

  constructor(private readonly stream: Stream) {
    stream.on('data', (answer: Message) => this.waiting.shift()?.(answer));
    // The status says it.
    stream.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      stream.on('status', ({ code, details }: grpc.StatusObject) => {
        resolve({ code, details });
        for (const give of this.waiting.splice(0)) give(undefined);
      });
    });
  }

  /** @returns the door's answer; undefined if it ended the call */
  say(part: object): Promise<Message> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.stream.write(part);
    });
  }

  leave(): void {
    this.stream.cancel();
  }
}

export function headersOf(headers: Readonly<Record<string, string>>) {
  const given = Object.entries(headers).map(([key, value]) => ({
    key,
    raw_value: Buffer.from(value),
  }));
  return { headers: { headers: given }, end_of_stream: false };
}
