import { connectKafka, KAFKA_RETRY } from '../connect-kafka';
import type { KafkaOptions } from '../kafka-options';

/** Why no broker serves this process, as one sentence for the operator who started it. */
export function unservedSentence(error: unknown): string {
  return (
    strangerSentence(error) ??
    `KAFKA_BROKERS leads to no Kafka that serves this process (${reasonOf(error)}), for example KAFKA_BROKERS=localhost:9092.`
  );
}

/** The sentence where no patience helps: every broker that is asked takes this process for a stranger, or is one. */
export async function refusedAtOnce(options: KafkaOptions): Promise<string | undefined> {
  const admin = connectKafka(options, { ...KAFKA_RETRY, retries: 0 }).admin();
  let sentence: string | undefined;
  try {
    // Each attempt goes to the next broker.
    for (let attempt = 0; attempt < options.brokers.length; attempt++) {
      try {
        await admin.connect();
        return undefined;
      } catch (error) {
        sentence = strangerSentence(error);
        if (sentence === undefined) return undefined;
      }
    }
  } finally {
    await admin.disconnect();
  }
  return sentence;
}

function strangerSentence(error: unknown): string | undefined {
  const reason = reasonOf(error);
  const known = KNOWN.find(([pattern]) => pattern.test(reason));
  return known && `${known[1]} (${reason}).`;
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}

/** What kafkajs, OpenSSL and Node say, in the order in which they are looked for. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [
    /SASL .*mechanism is not supported/,
    'The brokers do not know the mechanism that KAFKA_SASL_MECHANISM names',
  ],
  [
    /SASL/,
    'The brokers do not accept the user of KAFKA_SASL_USERNAME with the password in KAFKA_SASL_PASSWORD_FILE',
  ],
  [/alert/, 'The brokers do not accept the certificate of KAFKA_CERT_FILE'],
  [/altnames/, 'The certificate of the brokers is not for the address in KAFKA_BROKERS'],
  [
    /certificate/,
    'The certificate of the brokers is not in order for who trusts the file KAFKA_CA_FILE',
  ],
];
