import { CertificateAuthority, CertificateFolder } from '#libs/testing';
import { ConfigError, EnvReader } from '../config';
import { createLogger } from '../logger';
import { redactSecrets } from '#libs/ledger';
import { StartRefused } from '../start-refused';
import { DoorCertificates } from './door-certificates';
import { readTlsConfig } from './read-tls-config';

const folder = new CertificateFolder();
afterAll(() => folder.remove());

const FILES = { TLS_CERT_FILE: 'tls.crt', TLS_KEY_FILE: 'tls.key', TLS_CLIENT_CA_FILE: 'ca.crt' };

/** What stops a start with these files, which are there unless they are `spoilt`. */
async function startWith(
  env: Record<string, string>,
  spoilt: Record<string, string> = {},
): Promise<string | undefined> {
  const ca = await CertificateAuthority.create();
  const { certificate, key } = await ca.issue({ names: ['DNS:localhost'] });
  const files = { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': ca.certificate, ...spoilt };
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  const paths = Object.entries(env).map(([name, file]) => [name, `${folder.path}/${file}`]);
  try {
    const reader = new EnvReader(
      Object.fromEntries(paths) as Record<string, string>,
      redactSecrets,
    );
    const config = readTlsConfig(reader);
    reader.finish();
    if (config === undefined) return 'no TLS';
    await DoorCertificates.read(
      config,
      createLogger({ level: 'info', now: () => new Date(0), redact: redactSecrets }),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartRefused)) throw error;
    return error.message.replaceAll(`${folder.path}/`, '');
  }
}

it('starts with files that fit, and without any', async () => {
  expect(await startWith(FILES)).toBeUndefined();
  expect(await startWith({})).toBe('no TLS');
});

it.each<[string, Record<string, string>]>([
  [
    'TLS_KEY_FILE is not set, but the other TLS files are, for example TLS_KEY_FILE=/etc/ledger/tls.key.',
    { TLS_CERT_FILE: 'tls.crt' },
  ],
  [
    'TLS_CERT_FILE is not set, but the other TLS files are, for example TLS_CERT_FILE=/etc/ledger/tls.crt.',
    { TLS_KEY_FILE: 'tls.key' },
  ],
  [
    'TLS_CERT_FILE is not set, but the other TLS files are, for example TLS_CERT_FILE=/etc/ledger/tls.crt.',
    { TLS_CLIENT_CA_FILE: 'ca.crt' },
  ],
  [
    'TLS_CERT_FILE is "none.crt", which cannot be read (ENOENT).',
    { ...FILES, TLS_CERT_FILE: 'none.crt' },
  ],
  [
    'TLS_CLIENT_CA_FILE is "", which cannot be read (EISDIR).',
    { ...FILES, TLS_CLIENT_CA_FILE: '' },
  ],
])('does not start: %s', async (sentence, env) => {
  expect(await startWith(env)).toBe(sentence);
});

it.each<[string, string, string]>([
  ['TLS_CERT_FILE is "tls.crt", which is not a file of certificates in PEM.', 'tls.crt', 'x'],
  [
    'TLS_KEY_FILE is "tls.key", which is not a private key in PEM without a passphrase.',
    'tls.key',
    'x',
  ],
  ['TLS_CLIENT_CA_FILE is "ca.crt", which is not a file of certificates in PEM.', 'ca.crt', 'x'],
])('does not start: %s', async (sentence, file, text) => {
  expect(await startWith(FILES, { [file]: text })).toBe(sentence);
});

it('does not start with the key of another certificate', async () => {
  const { key } = await (await CertificateAuthority.create()).issue({});
  expect(await startWith(FILES, { 'tls.key': key })).toBe(
    'TLS_KEY_FILE is "tls.key", which is not the key of TLS_CERT_FILE.',
  );
});
