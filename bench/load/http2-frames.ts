/** The frames of HTTP/2 (RFC 9113) that a gRPC client needs to send, as bytes. */

export const FRAME = {
  data: 0x0,
  headers: 0x1,
  resetStream: 0x3,
  settings: 0x4,
  ping: 0x6,
  goAway: 0x7,
} as const;
export const FLAG = { ack: 0x1, endStream: 0x1, endHeaders: 0x4 } as const;
export const FRAME_HEADER_BYTES = 9;
export const GRPC_PREFIX_BYTES = 5;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const WINDOW_UPDATE = 0x8;
const INITIAL_WINDOW = 65_535;
const MAX_WINDOW = 2 ** 31 - 1;
const SETTING_ENABLE_PUSH = Buffer.from([0, 2, 0, 0, 0, 0]);

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** What a client says first: no pushes, and a window for all answers that need never be opened wider. */
export function greeting(): Buffer {
  const increment = Buffer.alloc(4);
  increment.writeUInt32BE(MAX_WINDOW - INITIAL_WINDOW);
  return Buffer.concat([
    Buffer.from(PREFACE),
    frame(FRAME.settings, 0, 0, SETTING_ENABLE_PUSH),
    frame(WINDOW_UPDATE, 0, 0, increment),
  ]);
}

/**
 * The headers of a gRPC call in HPACK (RFC 7541). The first call teaches the server's table all that are not in it, so
 * that all later ones of a connection are the same few bytes, as with any client that uses the table.
 */
export function callHeaders(
  path: string,
  authority: string,
  authorization?: string,
): { readonly first: Buffer; readonly later: Buffer } {
  const postOverHttp = [0x83, 0x86];
  const first = Buffer.concat([
    Buffer.from([...postOverHttp, 0x44]),
    text(path),
    Buffer.from([0x41]),
    text(authority),
    Buffer.from([0x5f]),
    text('application/grpc'),
    Buffer.from([0x40]),
    text('te'),
    text('trailers'),
    ...(authorization === undefined ? [] : [Buffer.from([0x57]), text(authorization)]),
  ]);
  // The table counts from 62, the newest first.
  const learnt = [...(authorization === undefined ? [] : [66]), 65, 64, 63, 62].map(
    (index) => 0x80 | index,
  );
  return { first, later: Buffer.from([...postOverHttp, ...learnt]) };
}

/** A message as gRPC frames it: not compressed, then its length. */
export function grpcMessage(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(GRPC_PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** A plain string; none of ours is long enough to need a second byte of length. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length > 126) throw new RangeError(`a header of ${bytes.length} bytes is too long`);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
