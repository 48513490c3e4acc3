import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, as PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Asked {
  /** Subject alternative names: `DNS:…`, `URI:…`, `IP:…`, `email:…`; none: a certificate without the extension. */
  readonly names?: readonly string[];
  readonly commonName?: string;
  readonly expired?: boolean;
  readonly use?: 'server' | 'client';
}

/** A certificate authority that lives as long as a spec. */
export class CertificateAuthority {
  private constructor(
    private readonly self: x509.X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
  ) {}

  static async create(name = 'Test CA'): Promise<CertificateAuthority> {
    x509.cryptoProvider.set(webcrypto);
    const keys = await newKeys();
    const self = await x509.X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + DAY_MS),
      keys,
      signingAlgorithm: SIGNATURE,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    });
    return new CertificateAuthority(self, keys);
  }

  get certificate(): string {
    return pem(this.self);
  }

  async issue({
    names = [],
    commonName = 'leaf',
    expired,
    use,
  }: Asked): Promise<IssuedCertificate> {
    const keys = await newKeys();
    const leaf = await x509.X509CertificateGenerator.create({
      subject: `CN=${commonName}`,
      issuer: this.self.subject,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + (expired === true ? -DAY_MS / 2 : DAY_MS / 2)),
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: SIGNATURE,
      extensions: [
        ...(names.length === 0
          ? []
          : [new x509.SubjectAlternativeNameExtension(names.map(nameOf))]),
        ...(use === undefined ? [] : [new x509.ExtendedKeyUsageExtension([idOf(use)])]),
      ],
    });
    const key = x509.PemConverter.encode(
      await webcrypto.subtle.exportKey('pkcs8', keys.privateKey),
      'PRIVATE KEY',
    );
    return { certificate: pem(leaf), key: `${key}\n` };
  }
}

/** PEM files in a folder of their own. */
export class CertificateFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'spend-ledger-certificates-'));

  /** @returns the file's path */
  write(name: string, text: string): string {
    const file = join(this.path, name);
    // Like who renews certificates: nobody finds half of it.
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const DAY_MS = 86_400_000;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
// As a function: specs load the package only when they make certificates.
const idOf = (use: 'server' | 'client'): x509.ExtendedKeyUsage =>
  use === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
const TYPES: Record<string, x509.GeneralNameType> = {
  DNS: 'dns',
  URI: 'url',
  IP: 'ip',
  email: 'email',
};

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;

function nameOf(text: string): x509.JsonGeneralName {
  const colon = text.indexOf(':');
  const type = TYPES[text.slice(0, colon)];
  if (type === undefined) throw new Error(`There is no such kind of name: ${text}`);
  return { type, value: text.slice(colon + 1) };
}
