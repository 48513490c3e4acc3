/** A request and its answer in kafkajs' form, for `connectionPool.send`. */
export interface Exchange<T> {
  readonly request: object;
  readonly response: object & { parse(decoded: { payload: Buffer }): Promise<T> };
}

export interface TopicMetadata {
  readonly clusterId: string;
  readonly errorCode: number;
  readonly topicId: string;
}

/** Metadata, version 12, of one topic: kafkajs 2.2.4 ends at version 6, and topic ids came with 10 (KIP-516). */
export function metadataExchange(topic: string): Exchange<TopicMetadata> {
  const bytes = requestOf(topic);
  return {
    request: {
      apiKey: 3,
      apiName: 'Metadata',
      apiVersion: 12,
      encode: () => Promise.resolve({ buf: bytes, buffer: bytes }),
    },
    response: {
      decode: (payload: Buffer) => Promise.resolve({ payload }),
      parse: ({ payload }) => Promise.resolve(readAnswer(new FlexibleReader(payload))),
    } as Exchange<TopicMetadata>['response'],
  };
}

/** The header's tagged fields first; then the topic by its name, nothing to be created, no rights asked for. */
function requestOf(topic: string): Buffer {
  const name = Buffer.from(topic);
  const anyId = Buffer.alloc(16);
  return Buffer.concat([
    Buffer.from([0, 2]),
    anyId,
    Buffer.from([name.length + 1]),
    name,
    Buffer.from([0, 0, 0, 0]),
  ]);
}

function readAnswer(reader: FlexibleReader): TopicMetadata {
  reader.skipTags();
  reader.take(4);
  for (let brokers = reader.count() - 1; brokers > 0; brokers--) {
    reader.take(4);
    reader.text();
    reader.take(4);
    reader.text();
    reader.skipTags();
  }
  const clusterId = reader.text();
  const controllerAndCountOfTopics = 5;
  reader.take(controllerAndCountOfTopics);
  const errorCode = reader.take(2).readInt16BE();
  reader.text();
  return { clusterId, errorCode, topicId: reader.take(16).toString('hex') };
}

/** Reads the protocol's flexible versions (KIP-482). */
class FlexibleReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  take(length: number): Buffer {
    return this.bytes.subarray(this.at, (this.at += length));
  }

  /** An unsigned varint. */
  count(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.take(1).readUInt8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  /** A compact string; null is empty. */
  text(): string {
    return this.take(Math.max(0, this.count() - 1)).toString();
  }

  skipTags(): void {
    for (let tags = this.count(); tags > 0; tags--) {
      this.count();
      this.take(this.count());
    }
  }
}
