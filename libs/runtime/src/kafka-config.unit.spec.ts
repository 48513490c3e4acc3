import { redactSecrets } from '#libs/ledger';
import { ConfigError, EnvReader } from './config';
import { readKafka } from './kafka-config';

const BROKERS = { KAFKA_BROKERS: 'b1:9093,b2:9093' };
const LOGIN = { KAFKA_SASL_USERNAME: 'ledger', KAFKA_SASL_PASSWORD_FILE: '/p' };

function read(env: Record<string, string>) {
  const reader = new EnvReader(env, redactSecrets);
  const config = readKafka(reader);
  reader.finish();
  return config;
}

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    read(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

it('reads how the brokers are reached', () => {
  expect(read({})).toBeUndefined();
  expect(read(BROKERS)).toEqual({
    brokers: ['b1:9093', 'b2:9093'],
    topicPrefix: '',
    security: { tls: undefined, sasl: undefined },
  });
  const files = { KAFKA_CA_FILE: '/ca', KAFKA_CERT_FILE: '/crt', KAFKA_KEY_FILE: '/key' };
  expect(read({ ...BROKERS, KAFKA_TLS: 'true', ...files })?.security).toEqual({
    tls: { caFile: '/ca', own: { certFile: '/crt', keyFile: '/key' } },
    sasl: undefined,
  });
  const plain = { ...BROKERS, KAFKA_TLS: '1', KAFKA_SASL_MECHANISM: 'plain', ...LOGIN };
  expect(read(plain)?.security).toEqual({
    tls: { caFile: undefined, own: undefined },
    sasl: { mechanism: 'plain', username: 'ledger', passwordFile: '/p' },
  });
});

it.each<[string, Record<string, string>]>([
  ['KAFKA_TLS is not set, but files for it are', { ...BROKERS, KAFKA_CA_FILE: '/ca' }],
  [
    'KAFKA_KEY_FILE is not set, but KAFKA_CERT_FILE is',
    { ...BROKERS, KAFKA_TLS: 'true', KAFKA_CERT_FILE: '/crt' },
  ],
  [
    'KAFKA_CERT_FILE is not set, but KAFKA_KEY_FILE is',
    { ...BROKERS, KAFKA_TLS: 'true', KAFKA_KEY_FILE: '/key' },
  ],
  ['KAFKA_SASL_MECHANISM is not set, but who to be is', { ...BROKERS, ...LOGIN }],
  [
    'KAFKA_SASL_MECHANISM is plain, which sends the password as it is and needs KAFKA_TLS',
    { ...BROKERS, ...LOGIN, KAFKA_SASL_MECHANISM: 'plain' },
  ],
  [
    'KAFKA_SASL_PASSWORD_FILE is not set, but must be a text',
    { ...BROKERS, KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'ledger' },
  ],
  ['KAFKA_BROKERS is not set, but how to reach them is', { KAFKA_TLS: 'true' }],
])('refuses: %s', (fault, env) => {
  const [sentence, ...others] = faultsOf(env);
  expect(sentence).toMatch(new RegExp(`^${fault}, for example `));
  expect(others).toEqual([]);
});
