import { type EnvReader } from '../config';
import { type TlsConfig } from './door-certificates';

/** What the environment says of the doors' certificates; `undefined`: they speak without TLS. */
export function readTlsConfig(env: EnvReader): TlsConfig | undefined {
  const certFile = env.optional('TLS_CERT_FILE');
  const keyFile = env.optional('TLS_KEY_FILE');
  const clientCaFile = env.optional('TLS_CLIENT_CA_FILE');
  const reloadMs = env.duration('TLS_RELOAD', { default: 'PT1S', minMs: 10 });
  if (certFile !== undefined && keyFile !== undefined) {
    return { certFile, keyFile, clientCaFile, reloadMs };
  }
  const given = certFile ?? keyFile ?? clientCaFile;
  if (given === undefined) return undefined;
  const [missing, example] =
    certFile === undefined
      ? ['TLS_CERT_FILE', '/etc/ledger/tls.crt']
      : ['TLS_KEY_FILE', '/etc/ledger/tls.key'];
  env.fault(missing, 'is not set, but the other TLS files are', example);
  return undefined;
}
