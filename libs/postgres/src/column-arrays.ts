/**
 * A column of many rows as one parameter: an array in Postgres' binary form. Arrays of JavaScript go as text, which pg
 * has to escape and Postgres to parse, element by element.
 */
export type ColumnArray = Buffer;

const BIGINT = { oid: 20, bytes: 8 };
const TIMESTAMPTZ = { oid: 1184, bytes: 8 };
const TEXT = 25;
const JSONB = 3802;
const JSONB_VERSION = 1;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;
const UTF8_BYTES_MAX = 3;
/** Postgres counts microseconds from 2000-01-01T00:00:00Z. */
const POSTGRES_EPOCH = 946_684_800_000_000n;

/** For `bigint[]`. */
export function bigints(values: readonly bigint[]): ColumnArray {
  return fixed(BIGINT, values);
}

/** For `timestamptz[]`, of microseconds since 1970-01-01T00:00:00Z. */
export function instants(values: readonly bigint[]): ColumnArray {
  return fixed(
    TIMESTAMPTZ,
    values.map((instant) => instant - POSTGRES_EPOCH),
  );
}

/** For `text[]`. */
export function texts(values: readonly (string | null)[]): ColumnArray {
  return variable(TEXT, values, []);
}

/** For `jsonb[]`, of JSON texts. */
export function jsons(values: readonly (string | null)[]): ColumnArray {
  return variable(JSONB, values, [JSONB_VERSION]);
}

function fixed({ oid, bytes }: typeof BIGINT, values: readonly bigint[]): ColumnArray {
  const array = Buffer.allocUnsafe(HEADER_BYTES + values.length * (LENGTH_BYTES + bytes));
  let at = writeHeader(array, oid, values.length);
  for (const value of values) {
    at = array.writeInt32BE(bytes, at);
    at = array.writeBigInt64BE(value, at);
  }
  return array;
}

function variable(
  oid: number,
  values: readonly (string | null)[],
  prefix: readonly number[],
): ColumnArray {
  let most = HEADER_BYTES;
  for (const value of values) {
    most += LENGTH_BYTES + prefix.length + UTF8_BYTES_MAX * (value?.length ?? 0);
  }
  const array = Buffer.allocUnsafe(most);
  let at = writeHeader(array, oid, values.length);
  for (const value of values) {
    const lengthAt = at;
    at += LENGTH_BYTES;
    if (value === null) {
      array.writeInt32BE(NULL_LENGTH, lengthAt);
      continue;
    }
    for (const byte of prefix) at = array.writeUInt8(byte, at);
    at += array.write(value, at);
    array.writeInt32BE(at - lengthAt - LENGTH_BYTES, lengthAt);
  }
  return array.subarray(0, at);
}

/** One dimension that counts from 1, and may hold nulls. @returns where the elements begin */
function writeHeader(array: Buffer, oid: number, length: number): number {
  let at = array.writeInt32BE(1, 0);
  at = array.writeInt32BE(1, at);
  at = array.writeInt32BE(oid, at);
  at = array.writeInt32BE(length, at);
  return array.writeInt32BE(1, at);
}
