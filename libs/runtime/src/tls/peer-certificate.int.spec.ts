import { promisify } from 'node:util';
import * as grpc from '@grpc/grpc-js';
import { CertificateAuthority, type IssuedCertificate } from '#libs/testing';
import { call, start } from '../toy-process.fixture';
import { DoorCertificates } from './door-certificates';
import { GrpcCredentials } from './grpc-credentials';
import { grpcPeerCertificateOf } from './grpc-peer-certificate';
import { type PeerCertificate } from './peer-certificate';
import { TlsToy } from './tls-toy.fixture';

let tls: TlsToy;
beforeAll(async () => {
  tls = await TlsToy.start();
});
afterAll(() => tls.close());

describe.each<[string, (shown?: IssuedCertificate) => Promise<PeerCertificate | null>]>([
  ['HTTP', (shown) => tls.httpPeer(shown)],
  ['gRPC', (shown) => tls.grpcPeer(shown)],
])('who calls over %s', (_door, peer) => {
  it('is nobody without a certificate', async () => {
    expect(await peer()).toBeNull();
  });

  it('is named by the certificate, with all of its names', async () => {
    const names = [
      'DNS:GW-1.internal',
      'URI:spiffe://ledger/gateway',
      'IP:10.0.0.7',
      'IP:fd00::7',
      'email:ops@example.com',
    ];
    const shown = await tls.clientCa.issue({ names, use: 'client' });
    expect(await peer(shown)).toEqual({
      authorized: true,
      sans: ['DNS:gw-1.internal', ...names.slice(1)],
      notAfterMs: expect.any(Number) as number,
    });
  });

  it('is not who a name only looks like', async () => {
    const shown = await tls.clientCa.issue({ names: ['URI:http://x/, DNS:gw-1.internal, URI:"'] });
    expect(await peer(shown)).toMatchObject({
      authorized: true,
      sans: ['URI:http://x/, DNS:gw-1.internal, URI:"'],
    });
  });

  it('has no name without SAN, whatever the common name says', async () => {
    const shown = await tls.clientCa.issue({ commonName: 'gw-1.internal' });
    expect(await peer(shown)).toMatchObject({ authorized: true, sans: [] });
  });

  it('comes through with the fault of the certificate', async () => {
    const names = ['DNS:gw-1.internal'];
    const stranger = await CertificateAuthority.create('Stranger');
    const shown: [string, IssuedCertificate][] = [
      ['CERT_HAS_EXPIRED', await tls.clientCa.issue({ names, expired: true })],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', await stranger.issue({ names })],
      ['SELF_SIGNED_CERT_IN_CHAIN', await tls.serverCa.issue({ names })],
      ['INVALID_PURPOSE', await tls.clientCa.issue({ names, use: 'server' })],
    ];
    for (const [fault, certificate] of shown) {
      expect(await peer(certificate)).toMatchObject({ authorized: false, fault, sans: names });
    }
  });

  it('is not accepted for the name of the CA, and nobody else is disturbed', async () => {
    const names = ['DNS:gw-1.internal'];
    const impostor = await CertificateAuthority.create('Client CA');
    const forged = await impostor.issue({ names });
    // Node may hang up: OpenSSL's word of the signature stands where it looks for errors of the connection.
    const seen = await peer(forged).catch(() => 'hung up on');
    if (seen !== 'hung up on') {
      expect(seen).toMatchObject({ authorized: false, fault: 'CERT_SIGNATURE_FAILURE' });
    }
    expect(await peer(await tls.clientCa.issue({ names }))).toMatchObject({ authorized: true });
  });
});

it('is the same seen from an interceptor of the server', async () => {
  const seen: (PeerCertificate | undefined)[] = [];
  const server = new grpc.Server({
    interceptors: [
      (_method, call) => new grpc.ServerInterceptingCall(call),
      (_method, call) => {
        seen.push(grpcPeerCertificateOf(call));
        return new grpc.ServerInterceptingCall(call);
      },
    ],
  });
  const same = (bytes: Buffer) => bytes;
  server.register(
    '/toy/Same',
    (_call: unknown, answer: grpc.sendUnaryData<Buffer>) => answer(null, Buffer.of(1)),
    same,
    same,
    'unary',
  );
  const credentials = new GrpcCredentials(await DoorCertificates.read(tls.config, tls.logger));
  const bind = promisify(server.bindAsync.bind(server));
  const client = new grpc.Client(
    `localhost:${await bind('127.0.0.1:0', credentials)}`,
    tls.credentials(await tls.clientCa.issue({ names: ['DNS:gw-1.internal'] })),
  );
  await new Promise((resolve) => {
    client.makeUnaryRequest('/toy/Same', same, same, Buffer.alloc(0), resolve);
  });
  client.close();
  server.forceShutdown();
  expect(seen).toMatchObject([{ authorized: true, sans: ['DNS:gw-1.internal'] }]);
});

it('is nobody at doors without TLS', async () => {
  const plain = await start();
  expect((await plain.ask('GET', '/v1/peer')).body).toEqual({ peer: null });
  expect((await call(plain, { text: 'peer' })).value).toMatchObject({ text: 'null' });
  await plain.close();
});
