import { once } from 'node:events';
import { connect } from 'node:net';
import { type TLSSocket } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { call, speak } from '../toy-process.fixture';
import { TlsToy, tlsOf } from './tls-toy.fixture';

let tls: TlsToy;
let ports: { readonly http: number; readonly grpc: number };
beforeAll(async () => {
  tls = await TlsToy.start();
  ({ ports } = tls);
});
afterAll(() => tls.close());

it('speaks TLS to who trusts its CA, and says so in its address', async () => {
  expect(tls.toy.httpUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect((await tls.ask('/livez', tlsOf(tls.serverCa))).status).toBe(200);
  const { value } = await call(tls.toy, { text: 'hello' }, tls.credentials());
  expect(value).toMatchObject({ text: 'hello' });
});

it('is left by who trusts another one', async () => {
  await expect(tls.ask('/livez', tlsOf(tls.clientCa))).rejects.toThrow(/certificate/);
  const { error } = await call(tls.toy, {}, tls.credentials(undefined, tls.clientCa));
  expect(error?.code).toBe(status.UNAVAILABLE);
});

it('answers nobody who speaks no TLS', async () => {
  const heard = await speak(tls.toy.httpUrl, 'GET /livez HTTP/1.1\r\nhost: x\r\n\r\n').catch(
    () => '',
  );
  expect(heard).not.toContain('HTTP');
  expect((await call(tls.toy, { text: 'hello' })).error?.code).toBe(status.UNAVAILABLE);
});

it('answers over TLS what is not HTTP', async () => {
  const socket = await tls.connect(ports.http, {});
  socket.write('HELO there\r\n\r\n');
  const [heard] = (await once(socket, 'data')) as [Buffer];
  expect(heard.toString()).toContain('application/problem+json');
  await once(socket, 'close');
});

it.each(['http', 'grpc'] as const)('speaks at least TLS 1.2 (%s)', async (door) => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
  const ciphers = 'DEFAULT@SECLEVEL=0';
  await expect(tls.connect(ports[door], { ...old, ciphers })).rejects.toThrow();
});

it.each(['http', 'grpc'] as const)('resumes no session (%s)', async (door) => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const shown = await tls.clientCa.issue({ names: ['DNS:gw-1.internal'] });
    const { cert, key } = tlsOf(tls.serverCa, shown);
    const first = await tls.connect(ports[door], { cert: cert!, key: key!, maxVersion });
    // The ticket of TLS 1.3 comes with the first answer, if it comes.
    const session = await sessionOf(first);
    const second = await tls.connect(ports[door], { maxVersion, ...(session && { session }) });
    expect(second.isSessionReused()).toBe(false);
    first.destroy();
    second.destroy();
  }
});

it('does not wait at its end for who has not come to a request', async () => {
  const stopping = await TlsToy.start();
  const port = Number(new URL(stopping.toy.httpUrl).port);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const gone = once(socket, 'close');
  await once(socket, 'connect');
  await stopping.ask('/livez', tlsOf(stopping.serverCa));
  await Promise.all([stopping.close(), gone]);
});

async function sessionOf(socket: TLSSocket): Promise<Buffer | undefined> {
  const told = once(socket, 'session').then(([session]) => session as Buffer);
  socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.on('data', () => undefined);
  const answered = once(socket, 'data').then(() => socket.getSession());
  const ended = once(socket, 'close').then(() => socket.getSession());
  return Promise.race([told, answered, ended]);
}
