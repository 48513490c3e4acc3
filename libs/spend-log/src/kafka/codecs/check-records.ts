import type { BatchHeader } from './batch-header';

const VARINT_BYTES_MAX = 5;
const VARLONG_BYTES_MAX = 10;
/** kafkajs copies all headers of a record for each of them: this many copies take it one to two seconds. */
const HEADER_COPIES_MAX = 10_000_000;

/**
 * Makes sure of what kafkajs takes on trust, and would follow out of the buffer, into wrong offsets or into hours of
 * work: that these bytes are exactly the records which the batch's header promises.
 * @throws with the first fault as a sentence
 */
export function checkRecords(bytes: Buffer, { count, lastOffsetDelta }: BatchHeader): void {
  const cursor = new Cursor(bytes);
  let previous = -1;
  let headerCopies = 0;
  for (let index = 0; index < count; index++) {
    const { offsetDelta, headers } = checkRecord(cursor, index);
    if (offsetDelta <= previous || offsetDelta > lastOffsetDelta) {
      throw new Error(`record ${index} has the offset of another or one outside its batch`);
    }
    previous = offsetDelta;
    headerCopies += headers * headers;
    if (headerCopies > HEADER_COPIES_MAX) {
      throw new Error(`record ${index} has more headers than kafkajs can copy in time`);
    }
  }
  if (cursor.at !== bytes.length) throw new Error(`there are bytes after its ${count} records`);
}

function checkRecord(cursor: Cursor, index: number): { offsetDelta: number; headers: number } {
  cursor.record = index;
  const length = cursor.varint();
  const end = cursor.at + length;
  if (end > cursor.bytes.length) cursor.fail();
  cursor.pass(1); // attributes
  cursor.passVarlong(); // timestamp
  const offsetDelta = cursor.varint();
  cursor.passField(); // key
  cursor.passField(); // value
  const headers = cursor.varint();
  if (headers < 0) cursor.fail();
  for (let header = 0; header < headers; header++) {
    cursor.pass(cursor.varint());
    cursor.passField();
  }
  if (cursor.at !== end) cursor.fail();
  return { offsetDelta, headers };
}

/** It may run past a record, and past the bytes by one step: the next byte, or the record's end, tells. */
class Cursor {
  at = 0;
  record = 0;

  constructor(readonly bytes: Buffer) {}

  /** A signed 32-bit number, zigzag. */
  varint(): number {
    let value = 0;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const byte = this.byte();
      value |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    return this.fail();
  }

  passVarlong(): void {
    for (let index = 0; index < VARLONG_BYTES_MAX; index++) {
      if (this.byte() < 0x80) return;
    }
    this.fail();
  }

  /** A length and as many bytes, or the length -1 of a null. */
  passField(): void {
    const length = this.varint();
    if (length !== -1) this.pass(length);
  }

  pass(length: number): void {
    if (length < 0) this.fail();
    this.at += length;
  }

  fail(): never {
    throw new Error(`record ${this.record} does not have the form of a record`);
  }

  private byte(): number {
    return this.bytes[this.at++] ?? this.fail();
  }
}
