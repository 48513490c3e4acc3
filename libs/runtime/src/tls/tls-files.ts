import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** Where the doors' certificates are, as the environment says. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** With it callers may show a certificate of theirs. */
  readonly clientCaFile: string | undefined;
}

export interface TlsBytes {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

/** `print` is of what was found, and changes with it. */
export type FoundTlsFiles =
  | { readonly ok: true; readonly print: string; readonly bytes: TlsBytes }
  | { readonly ok: false; readonly print: string; readonly sentence: string };

/** The three files as they are at this moment, which may be the wrong one: see fitOf(). */
export async function readTlsFiles(files: TlsFiles): Promise<FoundTlsFiles> {
  const hash = createHash('sha256');
  const read = async (variable: string, file: string): Promise<Buffer> => {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      const reason = error.code ?? 'unknown';
      throw new Unreadable(`${variable} is "${file}", which cannot be read (${reason}).`);
    });
    hash.update(`${variable} ${bytes.length} `).update(bytes);
    return bytes;
  };
  try {
    const cert = await read('TLS_CERT_FILE', files.certFile);
    const key = await read('TLS_KEY_FILE', files.keyFile);
    const ca = files.clientCaFile && (await read('TLS_CLIENT_CA_FILE', files.clientCaFile));
    return { ok: true, print: hash.digest('hex'), bytes: { cert, key, ca: ca || undefined } };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, print: error.message, sentence: error.message };
  }
}

class Unreadable extends Error {}
