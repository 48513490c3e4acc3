import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CertificateAuthority, CertificateFolder } from '../certificates';
import { freePort } from '../free-port';
import { waitUntil } from '../wait-until';
import { KafkaCluster } from './kafka-cluster';
import { kafkaJars } from './kafka-jars';
import { plainKafka } from './plain-kafka';

const RUN_MS_MAX = 60_000;
const QUIET = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';

/** A broker that hears its clients over TLS only: at one door with a password, at the other with a certificate. */
export class SecureKafka {
  private constructor(
    private readonly cluster: KafkaCluster,
    /** Files of the clients. */
    readonly files: CertificateFolder,
    readonly serverCa: CertificateAuthority,
    readonly clientCa: CertificateAuthority,
    /** SASL_SSL: SCRAM, and PLAIN for `plain` with the password `plain-secret`. */
    readonly passwordAddress: string,
    /** SSL, where a certificate of `clientCa` is required. */
    readonly certificateAddress: string,
    private readonly plainAddress: string,
  ) {}

  static async start(): Promise<SecureKafka> {
    const files = new CertificateFolder();
    const [serverCa, clientCa] = await Promise.all([
      CertificateAuthority.create('Broker CA'),
      CertificateAuthority.create('Client CA'),
    ]);
    const own = await serverCa.issue({ names: ['IP:127.0.0.1'], use: 'server' });
    const stores = {
      keystore: files.write('keystore.pem', own.key + own.certificate),
      truststore: files.write('truststore.pem', clientCa.certificate),
    };
    const certificatePort = await freePort();
    let plainAddress = '';
    const cluster = await KafkaCluster.start({
      properties: ({ client, broker, controller }) => {
        plainAddress = `127.0.0.1:${broker}`;
        const listeners = `CLIENT://127.0.0.1:${client},MTLS://127.0.0.1:${certificatePort},BROKER://${plainAddress}`;
        return {
          listeners: `${listeners},CONTROLLER://127.0.0.1:${controller}`,
          'advertised.listeners': listeners,
          ...securityOf(stores),
        };
      },
    });
    return new SecureKafka(
      cluster,
      files,
      serverCa,
      clientCa,
      cluster.addresses[0]!,
      `127.0.0.1:${certificatePort}`,
      plainAddress,
    );
  }

  /** A name's password of SCRAM, in force when this resolves. */
  async setPassword(username: string, password: string): Promise<void> {
    const { java, jars } = await kafkaJars();
    const program = [QUIET, '-cp', join(jars, '*'), resolve(__dirname, 'SetPassword.java')];
    await promisify(execFile)(java, [...program, this.plainAddress, username, password], {
      timeout: RUN_MS_MAX,
    });
    await waitUntil('the broker takes the password', () => this.takes(username, password));
  }

  async remove(): Promise<void> {
    await this.cluster.remove();
    this.files.remove();
  }

  private async takes(username: string, password: string): Promise<boolean> {
    const admin = plainKafka([this.passwordAddress], {
      ssl: { ca: this.serverCa.certificate },
      sasl: { mechanism: 'scram-sha-512', username, password },
      retry: { retries: 0 },
    }).admin();
    try {
      await admin.connect();
      return true;
    } finally {
      await admin.disconnect();
    }
  }
}

const LOGIN = 'org.apache.kafka.common.security';

function securityOf(stores: Readonly<Record<string, string>>): Record<string, string> {
  return {
    'listener.security.protocol.map':
      'CLIENT:SASL_SSL,MTLS:SSL,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': stores['keystore']!,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': stores['truststore']!,
    'listener.name.mtls.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN',
    'listener.name.client.scram-sha-256.sasl.jaas.config': `${LOGIN}.scram.ScramLoginModule required;`,
    'listener.name.client.scram-sha-512.sasl.jaas.config': `${LOGIN}.scram.ScramLoginModule required;`,
    'listener.name.client.plain.sasl.jaas.config': `${LOGIN}.plain.PlainLoginModule required user_plain="plain-secret";`,
  };
}
