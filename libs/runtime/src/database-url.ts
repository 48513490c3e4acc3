import { accessSync, constants } from 'node:fs';
import { type EnvReader } from './config';

const EXAMPLE = 'postgres://user:password@localhost:5432/ledger';
const MODES = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'];
const FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/** `undefined`: none is configured. */
export function readDatabaseUrl(env: EnvReader): string | undefined {
  const url = env.optional('DATABASE_URL');
  if (url === undefined) return undefined;
  if (!/^postgres(ql)?:\/\/./.test(url)) {
    env.fault('DATABASE_URL', 'must be the address of a Postgres database', EXAMPLE);
    return url;
  }
  const fault = tlsFault(queryOf(url));
  if (fault !== undefined) env.fault('DATABASE_URL', fault, `${EXAMPLE}?sslmode=verify-full`);
  return url;
}

/** Whether any server is taken for that database, without proof. */
export function trustsAnybody(databaseUrl: string): boolean {
  return queryOf(databaseUrl).get('sslmode') === 'no-verify';
}

/** Refuses what promises more TLS than it gives. The sentence names files, and nothing else of the address. */
function tlsFault(params: URLSearchParams): string | undefined {
  const given = FILES.filter((name) => params.has(name));
  const mode = params.get('sslmode');
  if (mode !== null && !MODES.includes(mode))
    return `has an sslmode other than ${MODES.join(', ')}`;
  if (params.has('ssl') || params.has('uselibpqcompat')) {
    return 'says ssl or uselibpqcompat, in whose place sslmode stands';
  }
  if (mode === 'disable' && given.length > 0) return `has ${given[0]} with sslmode=disable`;
  if (params.has('sslcert') !== params.has('sslkey')) return 'has one of sslcert and sslkey alone';
  for (const name of given) {
    const file = params.get(name)!;
    if (!isReadable(file)) return `has "${file}" as its ${name}, which cannot be read`;
  }
  return undefined;
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.slice(url.split('?', 1)[0]!.length));
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
