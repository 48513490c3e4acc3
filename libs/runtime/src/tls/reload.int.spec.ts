import { once } from 'node:events';
import { CertificateAuthority, waitUntil } from '#libs/testing';
import { TlsToy, tlsOf } from './tls-toy.fixture';

let tls: TlsToy;
let ports: { readonly http: number; readonly grpc: number };
beforeAll(async () => {
  tls = await TlsToy.start();
  ({ ports } = tls);
});
afterAll(() => tls.close());

describe('files that change under a running process', () => {
  it('are taken for new connections', async () => {
    const open = await tls.connect(ports.http, {});
    const { certificate, key } = await tls.issueOwn('second');
    tls.write('tls.key', key);
    tls.write('tls.crt', certificate);
    for (const port of Object.values(ports)) {
      await waitUntil('the new one is shown', async () => (await tls.subjectAt(port)) === 'second');
    }
    open.write('GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(String((await once(open, 'data'))[0])).toContain('HTTP/1.1 200');
  });

  it('are taken for whom to trust, too', async () => {
    const other = await CertificateAuthority.create('Other CA');
    const shown = await other.issue({ names: ['DNS:gw-1.internal'] });
    expect(await tls.httpPeer(shown)).toMatchObject({ authorized: false });
    tls.write('client-ca.crt', other.certificate);
    await waitUntil('it is trusted', async () => (await tls.httpPeer(shown))?.authorized === true);
    await waitUntil('it is trusted', async () => (await tls.grpcPeer(shown))?.authorized === true);
    const former = await tls.clientCa.issue({ names: ['DNS:gw-1.internal'] });
    expect(await tls.httpPeer(former)).toMatchObject({ authorized: false });
    expect(await tls.grpcPeer(former)).toMatchObject({ authorized: false });
    tls.write('client-ca.crt', tls.clientCa.certificate + other.certificate);
    await waitUntil('it is trusted', async () => (await tls.grpcPeer(former))?.authorized === true);
    await waitUntil('it is trusted', async () => (await tls.httpPeer(shown))?.authorized === true);
  });

  it.each<[string, (next: { certificate: string; key: string }) => void, string]>([
    [
      'half a certificate',
      ({ certificate }) => tls.write('tls.crt', certificate.slice(0, 300)),
      'TLS_CERT_FILE is ".*", which is not a file of certificates in PEM.',
    ],
    [
      'the key of another certificate',
      ({ key }) => tls.write('tls.key', key),
      'TLS_KEY_FILE is ".*", which is not the key of TLS_CERT_FILE.',
    ],
    [
      'an empty key',
      () => tls.write('tls.key', ''),
      'TLS_KEY_FILE is ".*", which is not a private key in PEM without a passphrase.',
    ],
    [
      'a file that is gone',
      () => tls.remove('tls.key'),
      'TLS_KEY_FILE is ".*", which cannot be read \\(ENOENT\\).',
    ],
    [
      'no CA at all',
      () => tls.write('client-ca.crt', 'soon\n'),
      'TLS_CLIENT_CA_FILE is ".*", which is not a file of certificates in PEM.',
    ],
  ])('are told once and not taken: %s', async (_what, spoil, sentence) => {
    const before = await tls.issueOwn('before');
    const next = await tls.issueOwn('next');
    const write = ({ certificate, key }: typeof before) => {
      tls.write('client-ca.crt', tls.clientCa.certificate);
      tls.write('tls.key', key);
      tls.write('tls.crt', certificate);
    };
    const areShown = (subject: string) => async () => (await tls.subjectAt(ports.grpc)) === subject;
    const told = () => tls.lines.filter((line) => new RegExp(sentence).test(unquoted(line))).length;
    write(before);
    await waitUntil('it is shown', areShown('before'));
    const toldBefore = told();
    spoil(next);
    await waitUntil('the failure is logged', () => told() > toldBefore);
    for (let look = 0; look < 5; look += 1) expect(await areShown('before')()).toBe(true);
    const shown = await tls.clientCa.issue({ names: ['DNS:gw-1.internal'] });
    expect(await tls.httpPeer(shown)).toMatchObject({ authorized: true });
    expect(told()).toBe(toldBefore + 1);
    write(next);
    await waitUntil('it is shown', areShown('next'));
    expect((await tls.ask('/livez', tlsOf(tls.serverCa))).status).toBe(200);
  });
});

const unquoted = (line: string): string => (JSON.parse(line) as { message: string }).message;
