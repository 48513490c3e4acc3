import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type TlsBytes, type TlsFiles } from './tls-files';

export type Fit =
  { readonly ok: true; readonly validTo: Date } | { readonly ok: false; readonly sentence: string };

/** Whether what was read belongs together, and until when the doors' own certificate is valid. */
export function fitOf({ cert, key, ca }: TlsBytes, files: TlsFiles): Fit {
  const own = certificatesIn(cert);
  if (own === undefined) return unfit('TLS_CERT_FILE', files.certFile, NO_CERTIFICATES);
  if (ca !== undefined && certificatesIn(ca) === undefined) {
    return unfit('TLS_CLIENT_CA_FILE', files.clientCaFile, NO_CERTIFICATES);
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const isOfAnother = (error as NodeJS.ErrnoException).code === KEY_OF_ANOTHER;
    const fault = isOfAnother ? 'not the key of TLS_CERT_FILE' : NO_KEY;
    return unfit('TLS_KEY_FILE', files.keyFile, fault);
  }
  return { ok: true, validTo: own[0].validToDate };
}

const NO_CERTIFICATES = 'not a file of certificates in PEM';
const NO_KEY = 'not a private key in PEM without a passphrase';
const KEY_OF_ANOTHER = 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
const BEGIN = '-----BEGIN CERTIFICATE-----';
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function unfit(variable: string, file: string | undefined, fault: string): Fit {
  return { ok: false, sentence: `${variable} is "${file}", which is ${fault}.` };
}

/** All of them, or nothing: Node passes over what it cannot read, and over a file without any. */
function certificatesIn(bytes: Buffer): [X509Certificate, ...X509Certificate[]] | undefined {
  const text = bytes.toString('latin1');
  try {
    const [first, ...others] = (text.match(PEM) ?? []).map((pem) => new X509Certificate(pem));
    const isWhole = others.length + 2 === text.split(BEGIN).length;
    return first !== undefined && isWhole ? [first, ...others] : undefined;
  } catch {
    return undefined;
  }
}
