import * as grpc from '@grpc/grpc-js';
import { waitUntil } from '#libs/testing';
import { call, detailsOf, type Reply, SECRET, send, start, type Toy } from './toy-process.fixture';

let toy: Toy;
beforeAll(async () => {
  toy = await start();
});
afterAll(() => toy.close());

describe('the gRPC door', () => {
  it('answers with the names and defaults of the proto', async () => {
    const { value } = await call(toy, { text: 'hé\uFFFDllo' });
    expect(value).toMatchObject({ text: 'hé\uFFFDllo', meta: null });
  });

  it('tells a problem with google.rpc details and no secret', async () => {
    const { error } = await call(toy, { text: 'refuse' });
    expect(error).toMatchObject({
      code: grpc.status.FAILED_PRECONDITION,
      details: 'No (secret) here: ünïcödé.',
    });
    const details = detailsOf(error);
    for (const part of [
      'type.googleapis.com/google.rpc.ErrorInfo',
      'not_yet_visible',
      'spendledger',
      'recordedHash',
      'type.googleapis.com/google.rpc.BadRequest',
      'event.scope.user.user_id',
      'type.googleapis.com/google.rpc.RetryInfo',
    ]) {
      expect(details).toContain(part);
    }
    expect(details).not.toContain(SECRET);
  });

  it('hides and logs a bug', async () => {
    const { error } = await call(toy, { text: 'bug' });
    expect(error?.code).toBe(grpc.status.INTERNAL);
    expect(error?.details).not.toContain('select');
    expect(detailsOf(error)).toContain('internal');
    expect(toy.lines.at(-1)).toContain('select * from secrets');
  });

  it.each<[string, number[]]>([
    ['bytes that are no message', [0xff, 0xff, 0xff]],
    ['a text that ends after its message', [0x0a, 0x05, 0x61]],
    ['a text that is not UTF-8', [0x0a, 0x01, 0xff]],
    ['half a character whose other half a later field lends', [0x0a, 0x01, 0xc3, 0x82, 0x01, 0x00]],
    ['a nested message that ends after its parent', [0x1a, 0x05, 0x0a]],
    ['a name in a map that is not UTF-8', [0x1a, 0x05, 0x0a, 0x03, 0x0a, 0x01, 0xff]],
    ['nesting without end', nestedStruct(2_000)],
  ])('calls %s invalid', async (_what, bytes) => {
    const { error } = await send(toy, '/toy.v1.ToyService/Echo', Uint8Array.from(bytes));
    expect(error?.code).toBe(grpc.status.INVALID_ARGUMENT);
    expect(detailsOf(error)).toContain('invalid');
  });

  it('answers for each of its services in its health service', async () => {
    for (const service of ['', 'toy.v1.ToyService']) {
      expect((await health(toy, service)).value).toEqual(SERVING);
    }
    expect((await health(toy, 'other')).error?.code).toBe(grpc.status.NOT_FOUND);
  });

  it('has said over gRPC what /servez says, by when it says it', async () => {
    const other = await start(0, 0, undefined, 60_000);
    let ready = false;
    other.serving.addPart('late', [], () => ({ ready }));
    expect((await other.ask('GET', '/servez')).status).toBe(503);
    expect((await health(other)).value).toEqual(NOT_SERVING);
    ready = true;
    expect((await other.ask('GET', '/servez')).status).toBe(200);
    expect((await health(other)).value).toEqual(SERVING);
    await other.close();
  });

  it('says of a service what its part says, and of the process what all of them say', async () => {
    const other = await start();
    other.serving.addPart('toys', ['toy.v1.ToyService'], () => ({ ready: true }));
    other.serving.addPart('more', [], () => ({ ready: false }));
    other.readiness.add('postgres', () => Promise.reject(new Error('gone')));
    expect(await other.ask('GET', '/servez')).toMatchObject({
      status: 503,
      body: { status: 'not_serving', checks: { toys: { ready: true }, more: { ready: false } } },
    });
    expect((await health(other)).value).toEqual(NOT_SERVING);
    expect((await health(other, 'toy.v1.ToyService')).value).toEqual(SERVING);
    other.serving.drain();
    expect((await health(other, 'toy.v1.ToyService')).value).toEqual(NOT_SERVING);
    await other.close();
  });

  it('follows its parts in its health service, where nobody asks at /servez', async () => {
    let ready = false;
    toy.serving.addPart('late', [], () => ({ ready }));
    await waitUntil('not serving', async () => NOT_SERVING.equals(await statusOf(toy)));
    ready = true;
    await waitUntil('serving', async () => SERVING.equals(await statusOf(toy)));
  });
});

const SERVING = Buffer.from([0x08, 0x01]);
const NOT_SERVING = Buffer.from([0x08, 0x02]);

function health(of: Toy, service = ''): Promise<Reply> {
  const request = Uint8Array.from([0x0a, service.length, ...Buffer.from(service)]);
  return send(of, '/grpc.health.v1.Health/Check', request);
}

const statusOf = async (of: Toy): Promise<Buffer> => (await health(of)).value as Buffer;

/** Struct and Value inside each other, written from the inside out. */
function nestedStruct(depth: number): number[] {
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)]);
  const field = (id: number, bytes: number[]) => [(id << 3) | 2, ...varint(bytes.length), ...bytes];
  let struct: number[] = [];
  for (let i = 0; i < depth; i += 1)
    struct = field(1, [...field(1, [0x61]), ...field(2, field(5, struct))]);
  return field(3, struct);
}
