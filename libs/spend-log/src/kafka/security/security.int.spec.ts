import { CertificateAuthority, SecureKafka, testKafkaOptions, type Asked } from '#libs/testing';
import { connectKafka } from '../connect-kafka';
import type { KafkaOptions } from '../kafka-options';
import { findKafkaLog } from '../topics/find-kafka-log';
import type { KafkaSasl } from './kafka-security';

let kafka: SecureKafka;
let caFile: string;
beforeAll(async () => {
  kafka = await SecureKafka.start();
  caFile = kafka.files.write('ca.crt', kafka.serverCa.certificate);
  await kafka.setPassword('ledger', 'right-secret');
});
afterAll(() => kafka?.remove());

const password = (text: string): string => kafka.files.write('password', `${text}\n`);

function withPassword(
  mechanism: KafkaSasl['mechanism'],
  username = 'ledger',
  text = 'right-secret',
): Partial<KafkaOptions> {
  const sasl = { mechanism, username, passwordFile: password(text) };
  return {
    brokers: [kafka.passwordAddress],
    security: { tls: { caFile, own: undefined }, sasl },
  };
}

async function withCertificate(asked: Asked, ca = kafka.clientCa): Promise<Partial<KafkaOptions>> {
  const { certificate, key } = await ca.issue(asked);
  const own = {
    certFile: kafka.files.write('tls.crt', certificate),
    keyFile: kafka.files.write('tls.key', key),
  };
  return {
    brokers: [kafka.certificateAddress],
    security: { tls: { caFile, own }, sasl: undefined },
  };
}

/** What a start says that finds, or does not find, its log there. */
async function sentenceOf(options: Partial<KafkaOptions>): Promise<string | undefined> {
  const found = await findKafkaLog({ ...testKafkaOptions(''), ...options })(2, undefined);
  return found.ok ? undefined : found.sentence;
}

it.each(['scram-sha-256', 'scram-sha-512'] as const)('is served with %s', async (mechanism) => {
  expect(await sentenceOf(withPassword(mechanism))).toBeUndefined();
});

it('is served with plain', async () => {
  expect(await sentenceOf(withPassword('plain', 'plain', 'plain-secret'))).toBeUndefined();
});

it('is served with a certificate', async () => {
  expect(await sentenceOf(await withCertificate({ use: 'client' }))).toBeUndefined();
});

it.each<[string, () => Promise<Partial<KafkaOptions>>, RegExp]>([
  [
    'a wrong password',
    () => Promise.resolve(withPassword('scram-sha-512', 'ledger', 'wrong-secret')),
    /^The brokers do not accept the user of KAFKA_SASL_USERNAME with the password in KAFKA_SASL_PASSWORD_FILE \(/,
  ],
  [
    'an unknown user',
    () => Promise.resolve(withPassword('scram-sha-256', 'nobody')),
    /^The brokers do not accept the user of KAFKA_SASL_USERNAME/,
  ],
  [
    'a wrong password, plain',
    () => Promise.resolve(withPassword('plain', 'plain', 'wrong-secret')),
    /^The brokers do not accept the user of KAFKA_SASL_USERNAME/,
  ],
  [
    'an expired certificate',
    () => withCertificate({ use: 'client', expired: true }),
    /^The brokers do not accept the certificate of KAFKA_CERT_FILE \(/,
  ],
  [
    'the certificate of another CA',
    async () => withCertificate({ use: 'client' }, await CertificateAuthority.create('Stranger')),
    /^The brokers do not accept the certificate of KAFKA_CERT_FILE \(/,
  ],
  [
    'no certificate',
    async () => ({
      ...(await withCertificate({})),
      security: { tls: { caFile, own: undefined }, sasl: undefined },
    }),
    /^The brokers do not accept the certificate of KAFKA_CERT_FILE \(/,
  ],
  [
    'another CA for the brokers',
    async () => {
      const { certificate } = await CertificateAuthority.create('Stranger');
      const tls = { caFile: kafka.files.write('other.crt', certificate), own: undefined };
      return { ...withPassword('plain'), security: { tls, sasl: undefined } };
    },
    /^The certificate of the brokers is not in order for who trusts the file KAFKA_CA_FILE \(/,
  ],
  [
    'another address than that of the certificate',
    () =>
      Promise.resolve({
        ...withPassword('plain', 'plain', 'plain-secret'),
        brokers: [kafka.passwordAddress.replace('127.0.0.1', 'localhost')],
      }),
    /^The certificate of the brokers is not for the address in KAFKA_BROKERS \(/,
  ],
])('is refused in one sentence with %s', async (_what, options, sentence) => {
  const said = await sentenceOf(await options());
  expect(said).toMatch(sentence);
  expect(said).not.toContain('secret');
});

it.each<[string, string, string]>([
  ['a certificate that is none', 'tls.crt', 'KAFKA_CERT_FILE'],
  ['a key that is none', 'tls.key', 'KAFKA_KEY_FILE'],
  ['a CA that is none', 'ca.crt', 'KAFKA_CA_FILE'],
])('names the file that is wrong: %s', async (_what, file, variable) => {
  const options = await withCertificate({ use: 'client' });
  kafka.files.write(file, 'soon\n');
  expect(await sentenceOf(options)).toMatch(
    new RegExp(`^${variable} is ".*${file}", which cannot be used \\(it is no `),
  );
  kafka.files.write('ca.crt', kafka.serverCa.certificate);
});

it('takes what the files have in them at each new connection', async () => {
  const byCertificate = await withCertificate({ use: 'client', expired: true });
  const byPassword = withPassword('scram-sha-512', 'ledger', 'wrong-secret');
  const clients = [byCertificate, byPassword].map((options) =>
    connectKafka({ ...testKafkaOptions(''), ...options }, { retries: 0 }),
  );
  const connects = () =>
    Promise.all(
      clients.map(async (client) => {
        const admin = client.admin();
        const isIn = admin.connect().then(
          () => true,
          () => false,
        );
        await isIn;
        await admin.disconnect();
        return isIn;
      }),
    );
  expect(await connects()).toEqual([false, false]);
  await withCertificate({ use: 'client' });
  password('right-secret');
  expect(await connects()).toEqual([true, true]);
});
