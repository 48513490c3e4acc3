/** What we reach inside kafkajs 2.2.4, which has types only for its front. */

declare module 'kafkajs/src/network/requestQueue' {
  export default class RequestQueue {
    constructor(options: {
      maxInFlightRequests: number | null;
      requestTimeout: number;
      enforceRequestTimeout: boolean;
      clientId: string;
      broker: string;
      logger: { debug(message: string): void; warn(message: string): void };
    });
    readonly pending: readonly unknown[];
    /** Milliseconds since the epoch. */
    readonly throttledUntil: number;
    push(request: {
      entry: {
        correlationId: number;
        resolve(answer: unknown): void;
        reject(error: Error): void;
      };
      expectResponse: boolean;
      sendRequest(): void;
    }): void;
    fulfillRequest(response: { correlationId: number; payload: Buffer; size: number }): void;
    maybeThrottle(milliseconds: number): void;
    scheduleRequestTimeoutCheck(): void;
    scheduleCheckPendingRequests(): void;
    destroy(): void;
  }
}

declare module 'kafkajs/src/protocol/decoder' {
  export default class Decoder {
    constructor(buffer: Buffer);
  }
}

declare module 'kafkajs/src/protocol/encoder' {
  export default class Encoder {
    readonly buffer: Buffer;
    writeBuffer(buffer: Buffer): this;
  }
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C' {
  export default function crc32C(bytes: Buffer): number;
}

declare module 'kafkajs/src/protocol/recordBatch/record/v0' {
  import type Encoder from 'kafkajs/src/protocol/encoder';

  export default function encodeRecord(record: {
    offsetDelta: number;
    key: Buffer | null;
    value: Buffer | null;
    headers: Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;
  }): Encoder;
}

declare module 'kafkajs/src/protocol/recordBatch/v0' {
  import type Encoder from 'kafkajs/src/protocol/encoder';

  export function RecordBatch(batch: {
    compression: number;
    lastOffsetDelta: number;
    records: readonly Encoder[];
  }): Promise<Encoder>;
}

declare module 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages' {
  import type Decoder from 'kafkajs/src/protocol/decoder';
  import type { KafkaMessage } from 'kafkajs';

  export default function decodeMessages(decoder: Decoder): Promise<KafkaMessage[]>;
}
