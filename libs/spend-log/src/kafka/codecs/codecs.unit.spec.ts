import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import fc from 'fast-check';
import type { KafkaMessage } from 'kafkajs';
import encodeRecord from 'kafkajs/src/protocol/recordBatch/record/v0';
import { RecordBatch } from 'kafkajs/src/protocol/recordBatch/v0';
import { compressFrame } from 'lz4-napi';
import { compress as compressSnappy } from 'snappy';
import { batchOf, decodeBatches, encodeRecords, propertyOptions } from '#libs/testing';
import { registerCodecs } from './codecs';
import { undecodableReason } from './stand-ins';

const CODECS = [
  { name: 'none', codec: 0, compress: (bytes: Buffer) => Promise.resolve(bytes) },
  { name: 'gzip', codec: 1, compress: promisify(gzip) },
  { name: 'snappy', codec: 2, compress: (bytes: Buffer) => compressSnappy(bytes) },
  { name: 'lz4', codec: 3, compress: (bytes: Buffer) => compressFrame(bytes) },
  { name: 'zstd', codec: 4, compress: promisify(zstdCompress) },
];
const MEBIBYTE = 1024 * 1024;

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}_$/), bytes, { maxKeys: 4 }),
});
const someRecords = fc.array(record, { minLength: 1, maxLength: 20 });
const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
const someChanges = fc.array(change, { minLength: 1, maxLength: 5 });

// Twice, as two adapters of one process would.
beforeAll(() => {
  registerCodecs();
  registerCodecs();
});

describe.each(CODECS)('codec $name', ({ name, codec, compress }) => {
  it('reads what it wrote', async () => {
    await fc.assert(
      fc.asyncProperty(someRecords, async (records) => {
        const batch = await RecordBatch({
          compression: codec,
          lastOffsetDelta: records.length - 1,
          records: records.map((each, offsetDelta) => encodeRecord({ offsetDelta, ...each })),
        });
        const messages = await decodeBatches(batch.buffer);
        expect(messages.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(
          records.map(({ headers, ...rest }) => ({ ...rest, headers: { ...headers } })),
        );
        expect(offsets(messages)).toEqual(records.map((_, index) => index));
      }),
      propertyOptions(50),
    );
  });

  // Hypothesis: some bytes, or some changed ones, stop the reader or spoil the batch behind them.
  it('reads on behind bytes that are not its own', async () => {
    const payloads = fc.oneof(
      bytes.map((payload) => () => Promise.resolve(payload)),
      fc.tuple(someRecords, someChanges).map(
        ([records, changes]) =>
          async () =>
            spoil(await compress(encodeRecords(records)), changes),
      ),
      fc.tuple(someRecords, someChanges).map(
        ([records, changes]) =>
          () =>
            compress(spoil(encodeRecords(records), changes)),
      ),
    );
    await fc.assert(
      fc.asyncProperty(payloads, fc.integer({ min: 1, max: 20 }), async (payload, count) => {
        const spoiled = batchOf({ codec, count, payload: await payload() });
        const messages = await decodeBatches(spoiled, goodBatch(count));
        expect(offsets(messages)).toEqual(Array.from({ length: count + 1 }, (_, index) => index));
        expect(messages.at(-1)?.value).toEqual(Buffer.from('good'));
      }),
      propertyOptions(100),
    );
  });

  it('believes no batch whose bytes do not fit its checksum', async () => {
    const batch = batchOf({ codec, count: 2, payload: await compress(encodeRecords(plain(2))) });
    batch[20]! ^= 1;
    const messages = await decodeBatches(batch, goodBatch(2));
    const reason = `A batch (codec ${name}) cannot be read: its checksum does not fit its bytes.`;
    expect(reasons(messages)).toEqual([reason, reason, undefined]);
    expect(messages[0]).toMatchObject({ key: null, value: null, offset: '0' });
  });

  it('says what is wrong with records that no broker would have taken', async () => {
    const records = encodeRecords(plain(2));
    const headers = Object.fromEntries(Array.from({ length: 4000 }, (_, at) => [`h${at}`, '']));
    const wrong = [
      records.subarray(0, -1),
      Buffer.concat([records, Buffer.from('more')]),
      Buffer.concat([encodeRecords(plain(1)), encodeRecords(plain(1))]),
      encodeRecords([...plain(1), { key: null, value: null, headers }]),
    ];
    const told = await Promise.all(
      wrong.map(async (each) => {
        const batch = batchOf({ codec, count: 2, payload: await compress(each) });
        return reasons(await decodeBatches(batch))[1]?.split(': ')[1];
      }),
    );
    expect(told).toEqual([
      'record 1 does not have the form of a record.',
      'there are bytes after its 2 records.',
      'record 1 has the offset of another or one outside its batch.',
      'record 1 has more headers than kafkajs can copy in time.',
    ]);
  });
});

describe.each(CODECS.slice(1))('a bomb of $name', ({ codec, compress }) => {
  it('is not let off', async () => {
    const payload = await compress(Buffer.alloc(64 * MEBIBYTE + 1));
    const messages = await decodeBatches(batchOf({ codec, count: 1, payload }));
    expect(reasons(messages)[0]).toContain('it holds more than 67108864 bytes');
  });

  it('has the size that was set', async () => {
    const records = encodeRecords(plain(100));
    const batch = batchOf({ codec, count: 100, payload: await compress(records) });
    registerCodecs({ mostBytes: records.length - 1 });
    const refused = await decodeBatches(batch);
    registerCodecs({ mostBytes: records.length });
    const read = await decodeBatches(batch);
    registerCodecs();
    expect(reasons(refused)[0]).toContain(`it holds more than ${records.length - 1} bytes`);
    expect(reasons(read)).toEqual(Array(100).fill(undefined));
  });
});

it('reads the framing of snappy-java', async () => {
  const records = encodeRecords(plain(50));
  const [first, second] = await Promise.all([
    compressSnappy(records.subarray(0, 100)),
    compressSnappy(records.subarray(100)),
  ]);
  const magic = Buffer.from('\x82SNAPPY\0', 'latin1');
  const versions = [int32(1), int32(1)];
  const chunks = [int32(first.length), first, int32(second.length), second];
  const payload = Buffer.concat([magic, ...versions, ...chunks]);
  const messages = await decodeBatches(batchOf({ codec: 2, count: 50, payload }));
  expect(messages.map(({ value }) => value)).toEqual(plain(50).map(({ value }) => value));
});

it.each([5, 6, 7])('reads on behind codec %d, which nobody knows', async (codec) => {
  const batch = batchOf({ codec, count: 2, payload: encodeRecords(plain(2)) });
  const messages = await decodeBatches(batch, goodBatch(2));
  const reason = `A batch (codec ${codec}) cannot be read: there is no such codec.`;
  expect(offsets(messages)).toEqual([0, 1, 2]);
  expect(reasons(messages)).toEqual([reason, reason, undefined]);
});

function goodBatch(firstOffset: number): Buffer {
  const payload = encodeRecords([{ key: null, value: Buffer.from('good'), headers: {} }]);
  return batchOf({ codec: 0, count: 1, payload, firstOffset });
}

function plain(count: number) {
  return Array.from({ length: count }, (_, at) => ({
    key: null,
    value: Buffer.from(`value ${at}`),
    headers: {},
  }));
}

function spoil(whole: Buffer, changes: readonly { at: number; to: number }[]): Buffer {
  const spoiled = Buffer.from(whole);
  for (const { at, to } of changes) spoiled[at % spoiled.length] = to;
  return spoiled;
}

function offsets(messages: readonly KafkaMessage[]): number[] {
  return messages.map(({ offset }) => Number(offset));
}

function reasons(messages: readonly KafkaMessage[]): (string | undefined)[] {
  return messages.map(({ headers }) => undecodableReason(headers));
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}
