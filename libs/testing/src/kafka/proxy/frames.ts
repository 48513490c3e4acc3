import type { Socket } from 'node:net';

const LENGTH_BYTES = 4;

/** The requests that faults can be aimed at, by their key in the protocol. */
export const API_KEYS = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  JoinGroup: 11,
  Heartbeat: 12,
} as const;

export type Api = keyof typeof API_KEYS;

/** The messages of Kafka's protocol on a connection, each with the length that precedes it. */
export async function* framesOf(socket: Socket): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + rest.readInt32BE(0);
      if (rest.length < end) break;
      yield rest.subarray(0, end);
      rest = rest.subarray(end);
    }
  }
}

export function readRequest(frame: Buffer): { apiKey: number; correlationId: number } {
  return { apiKey: frame.readInt16BE(4), correlationId: frame.readInt32BE(8) };
}

export function correlationIdOfAnswer(frame: Buffer): number {
  return frame.readInt32BE(4);
}
