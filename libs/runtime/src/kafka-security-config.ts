import { type EnvReader } from './config';

/** How a process is known to the brokers, and they to it. */
export interface KafkaSecurityConfig {
  readonly tls:
    | {
        readonly caFile: string | undefined;
        readonly own: { readonly certFile: string; readonly keyFile: string } | undefined;
      }
    | undefined;
  readonly sasl:
    | {
        readonly mechanism: (typeof MECHANISMS)[number];
        readonly username: string;
        readonly passwordFile: string;
      }
    | undefined;
}

const PAIR = [
  ['KAFKA_CERT_FILE', 'KAFKA_KEY_FILE'],
  ['KAFKA_KEY_FILE', 'KAFKA_CERT_FILE'],
] as const;
const MECHANISMS = ['scram-sha-256', 'scram-sha-512', 'plain'] as const;

export function readKafkaSecurity(env: EnvReader): KafkaSecurityConfig {
  const tls = readTls(env);
  return { tls, sasl: readSasl(env, tls !== undefined) };
}

function readTls(env: EnvReader): KafkaSecurityConfig['tls'] {
  const isOn = env.flag('KAFKA_TLS');
  const caFile = env.optional('KAFKA_CA_FILE');
  const certFile = env.optional('KAFKA_CERT_FILE');
  const keyFile = env.optional('KAFKA_KEY_FILE');
  if (!isOn) {
    const isMeant = (caFile ?? certFile ?? keyFile) !== undefined;
    if (isMeant) env.fault('KAFKA_TLS', 'is not set, but files for it are', 'true');
    return undefined;
  }
  for (const [missing, given] of PAIR) {
    const isAlone = env.optional(missing) === undefined && env.optional(given) !== undefined;
    if (isAlone) env.fault(missing, `is not set, but ${given} is`, '/etc/ledger/kafka.pem');
  }
  return { caFile, own: certFile && keyFile ? { certFile, keyFile } : undefined };
}

function readSasl(env: EnvReader, hasTls: boolean): KafkaSecurityConfig['sasl'] {
  const username = env.optional('KAFKA_SASL_USERNAME');
  const passwordFile = env.optional('KAFKA_SASL_PASSWORD_FILE');
  if (env.optional('KAFKA_SASL_MECHANISM') === undefined) {
    const isMeant = (username ?? passwordFile) !== undefined;
    if (isMeant) env.fault('KAFKA_SASL_MECHANISM', 'is not set, but who to be is', MECHANISMS[1]);
    return undefined;
  }
  const mechanism = env.choice('KAFKA_SASL_MECHANISM', MECHANISMS);
  if (mechanism === 'plain' && !hasTls) {
    const fault = 'is plain, which sends the password as it is and needs KAFKA_TLS';
    env.fault('KAFKA_SASL_MECHANISM', fault, MECHANISMS[1]);
  }
  return {
    mechanism,
    username: env.string('KAFKA_SASL_USERNAME', { example: 'ledger' }),
    passwordFile: env.string('KAFKA_SASL_PASSWORD_FILE', { example: '/etc/ledger/kafka.password' }),
  };
}
