import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { createTestDatabase, LedgerProcess, waitUntil, type TestDatabase } from '#libs/testing';

const RESOURCE_EXHAUSTED = '8';
/** Of grpc-health.ts. */
const MOST_WATCHERS = 100;

describe('the health service, which answers everybody', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
    session = connect(`http://${ledger.grpcAddress}`);
  });
  afterAll(async () => {
    session.destroy();
    await ledger.stop();
    await db.drop();
  });

  /** Sends the beginning of a message of so many bytes. */
  function call(method: string, bytes: number): ClientHttp2Stream {
    const path = `/grpc.health.v1.Health/${method}`;
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(bytes, 1);
    stream.write(head);
    if (bytes === 0) stream.end();
    return stream;
  }
  /** @returns `told` for a message, or how the call ended */
  const outcomeOf = (stream: ClientHttp2Stream): Promise<string> =>
    new Promise((resolve, reject) => {
      stream.on('data', () => resolve('told'));
      for (const event of ['response', 'trailers']) {
        stream.on(event, (headers: Record<string, string | undefined>) => {
          if (headers['grpc-status'] !== undefined) resolve(headers['grpc-status']);
        });
      }
      stream.on('error', reject);
    });

  it.each(['Check', 'Watch'])('reads no long message for a %s', async (method) => {
    expect(await outcomeOf(call(method, 0))).toBe('told');
    expect(await outcomeOf(call(method, 1024 * 1024))).toBe(RESOURCE_EXHAUSTED);
  });

  it('is watched by few, and forgets who has gone', async () => {
    const watching = Array.from({ length: MOST_WATCHERS }, () => call('Watch', 0));
    const outcomes = await Promise.all(watching.map(outcomeOf));
    expect(new Set(outcomes)).toContain('told');
    const more = () => outcomeOf(call('Watch', 0));
    expect(await more()).toBe(RESOURCE_EXHAUSTED);
    for (const stream of watching) stream.close(constants.NGHTTP2_CANCEL);
    await waitUntil('there is room again', async () => (await more()) === 'told');
  });
});
