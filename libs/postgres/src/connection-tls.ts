import { readFileSync } from 'node:fs';
import type { PoolConfig } from 'pg';

const FILES = { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' } as const;

/**
 * What the address says of TLS, for node-postgres. By itself that would read the files in a constructor, where one that
 * is just being replaced ends the process; would weaken what libpq's modes mean with a later version; and would warn of
 * it on stderr. Here each mode but `disable` and `no-verify` means `verify-full`.
 */
export function connectionTls(
  connectionString: string,
): Pick<PoolConfig, 'connectionString' | 'ssl'> {
  const [address] = connectionString.split('?', 1);
  const params = new URLSearchParams(connectionString.slice(address!.length));
  const mode = params.get('sslmode');
  const names = Object.values(FILES);
  if (mode === 'disable' || ![...names, 'sslmode'].some((name) => params.has(name))) {
    return { connectionString };
  }
  const ssl = { rejectUnauthorized: mode !== 'no-verify' };
  for (const [option, name] of Object.entries(FILES)) {
    const file = params.get(name);
    if (file === null) continue;
    // Asked for at each new connection.
    Object.defineProperty(ssl, option, {
      get: lastReadable(file),
      enumerable: true,
      configurable: true,
    });
  }
  // Else the address would have the last word.
  for (const name of [...names, 'sslmode']) params.delete(name);
  return { connectionString: `${address}?${params.toString()}`, ssl };
}

/** A file that is missing for a moment is being replaced. */
function lastReadable(file: string): () => string {
  let last = readFileSync(file, 'utf8');
  return () => {
    try {
      last = readFileSync(file, 'utf8');
    } catch {
      // The next connection asks again.
    }
    return last;
  };
}
