import * as grpc from '@grpc/grpc-js';
import { clientOf, detailsOf, send, start, type Toy } from './toy-process.fixture';

let toy: Toy;
let client: grpc.Client;
beforeAll(async () => {
  toy = await start();
  client = clientOf(toy);
});
afterAll(() => {
  client.close();
  return toy.close();
});

const SERVICE = '/foreign.v1.TalkService';

describe('a protocol that others own', () => {
  it('may say what its proto does not know', async () => {
    const newer = [...note('hi'), 0x7a, 0x01, 0x61];
    const { value } = await send(toy, `${SERVICE}/Say`, Uint8Array.from(newer));
    expect(value).toEqual(note('hi'));
  });

  it('is refused in bytes that are no message', async () => {
    const { error } = await send(toy, `${SERVICE}/Say`, Uint8Array.from([0xff, 0xff, 0xff]));
    expect(error?.code).toBe(grpc.status.INVALID_ARGUMENT);
    expect(detailsOf(error)).toContain('invalid');
  });
});

describe('a stream', () => {
  it('ends when its handler does', async () => {
    expect(await talk(['a', 'b', 'end', 'c'])).toEqual({ texts: ['A', 'B'], code: 0, details: '' });
  });

  it('ends with the problem that its handler threw', async () => {
    const { details, ...ended } = await talk(['a', 'refuse']);
    expect(ended).toEqual({ texts: ['A'], code: grpc.status.UNAVAILABLE });
    expect(details).toContain('unavailable');
  });

  it('is answered with what its handler returns', async () => {
    const answer = await new Promise<Buffer | undefined>((resolve, reject) => {
      const call = client.makeClientStreamRequest(
        `${SERVICE}/Report`,
        keep,
        keep,
        (error, value) => (error ? reject(error) : resolve(value)),
      );
      for (const text of ['a', 'b']) call.write(note(text));
      call.end();
    });
    expect(answer).toEqual(note('a b'));
  });
});

interface Talked {
  readonly texts: readonly string[];
  readonly code: number;
  readonly details: string;
}

/** Says the notes one by one, each after the answer to the one before it. */
function talk([first, ...rest]: readonly string[]): Promise<Talked> {
  const call = client.makeBidiStreamRequest<Buffer, Buffer>(`${SERVICE}/Talk`, keep, keep);
  const texts: string[] = [];
  return new Promise((resolve) => {
    let failure: grpc.ServiceError | null = null;
    call.on('error', (error: grpc.ServiceError) => (failure = error));
    call.on('data', (answer: Buffer) => {
      texts.push(answer.subarray(2).toString());
      call.write(note(rest.shift()!));
    });
    call.on('status', ({ code }: grpc.StatusObject) =>
      setImmediate(() => resolve({ texts, code, details: failure ? detailsOf(failure) : '' })),
    );
    call.write(note(first!));
  });
}

const keep = (bytes: Buffer): Buffer => bytes;
const note = (text: string): Buffer => Buffer.from([0x0a, text.length, ...Buffer.from(text)]);
