import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { KafkaSecurity, KafkaTls } from './kafka-security';

/** What a new connection needs of the files as they are now. kafkajs asks for it where nothing can be waited for. */
export function readTlsFiles({ caFile, own }: KafkaTls): SecureContextOptions {
  return {
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(own && { cert: readFileSync(own.certFile), key: readFileSync(own.keyFile) }),
  };
}

/** Without the line's end that editors leave. */
export function readPassword(passwordFile: string): string {
  return readFileSync(passwordFile, 'utf8').replace(/\r?\n$/, '');
}

/** The sentence that says which file is not what it has to be; `undefined`: none. */
export function securityFault({ tls, sasl }: KafkaSecurity): string | undefined {
  return (tls && tlsFault(tls)) ?? (sasl && passwordFault(sasl.passwordFile));
}

function tlsFault({ caFile, own }: KafkaTls): string | undefined {
  return (
    unreadable('KAFKA_CA_FILE', caFile, (file) => new X509Certificate(readFileSync(file))) ??
    unreadable(
      'KAFKA_CERT_FILE',
      own?.certFile,
      (file) => new X509Certificate(readFileSync(file)),
    ) ??
    unreadable('KAFKA_KEY_FILE', own?.keyFile, () =>
      createSecureContext(readTlsFiles({ caFile, own })),
    )
  );
}

function passwordFault(passwordFile: string): string | undefined {
  return unreadable('KAFKA_SASL_PASSWORD_FILE', passwordFile, (file) => {
    if (readPassword(file) === '') throw new Error('it is empty');
  });
}

function unreadable(
  variable: string,
  file: string | undefined,
  read: (file: string) => unknown,
): string | undefined {
  if (file === undefined) return undefined;
  try {
    read(file);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${variable} is "${file}", which cannot be used (${REASONS[code ?? ''] ?? code ?? message}).`;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_OSSL_PEM_NO_START_LINE: 'it is no certificate in PEM',
  ERR_OSSL_UNSUPPORTED: 'it is no private key in PEM without a passphrase',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'it is not the key of KAFKA_CERT_FILE',
};
