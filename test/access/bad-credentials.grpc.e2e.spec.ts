import { connect } from 'node:net';
import { createTestDatabase, LedgerProcess, type TestDatabase } from '#libs/testing';
import { keepToken } from './support/credentials';

const UNAUTHENTICATED = '16';
const OK = '0';
/** Node's name of it in a Huffman code, then a value of one or two digits as they are; in hex. */
const GRPC_STATUS = /9acac8b21234da8f(?:02(....)|01(..))/;

describe('the credentials of a gRPC call', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let good: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
    good = await keepToken(db.database, 'good', ['check']);
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it.each<[string, (token: string) => readonly string[], string]>([
    ['one token', (token) => [`Bearer ${token}`], OK],
    ['none', () => [], UNAUTHENTICATED],
    ['an empty one', () => [''], UNAUTHENTICATED],
    ['a truncated one', (token) => [`Bearer ${token.slice(0, -1)}`], UNAUTHENTICATED],
    ['the same twice', (token) => [`Bearer ${token}`, `Bearer ${token}`], UNAUTHENTICATED],
    ['a good one and another', (token) => [`Bearer ${token}`, 'Basic x'], UNAUTHENTICATED],
    ['a tab', (token) => [`Bearer\t${token}`], UNAUTHENTICATED],
  ])('are %s', async (_what, headers, status) => {
    expect(await callWith(ledger.grpcAddress, headers(good))).toBe(status);
  });
});

/** A check over HTTP/2 written by hand, since clients send one such header at most. @returns its grpc-status */
function callWith(address: string, authorizations: readonly string[]): Promise<string> {
  const [host, port] = address.split(':') as [string, string];
  const socket = connect(Number(port), host);
  const headers = Buffer.concat([
    // POST over http, then literals that no table learns.
    Buffer.from([0x83, 0x86]),
    literal(':path', '/spendledger.v1.BudgetService/Check'),
    literal(':authority', address),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
    ...authorizations.map((value) => literal('authorization', value)),
  ]);
  // CheckRequest{scope{user{user_id:"alice"}}}
  const scope = field(1, field(2, field(1, Buffer.from('alice'))));
  const message = Buffer.concat([Buffer.from([0, 0, 0, 0, scope.length]), scope]);
  socket.write(
    Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      frame(4, 0, 0, Buffer.alloc(0)),
      frame(1, 4, 1, headers),
      frame(0, 1, 1, message),
    ]),
  );
  return new Promise((resolve, reject) => {
    let heard = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no grpc-status: ${heard}`)));
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('hex');
      const found = GRPC_STATUS.exec(heard);
      if (!found) return;
      resolve(Buffer.from(found[1] ?? found[2]!, 'hex').toString());
      socket.destroy();
    });
  });
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

function literal(name: string, value: string): Buffer {
  const text = (of: string) => Buffer.concat([Buffer.from([of.length]), Buffer.from(of, 'latin1')]);
  return Buffer.concat([Buffer.from([0x00]), text(name), text(value)]);
}

const field = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
