import { readFileSync } from 'node:fs';
import { copyManifest, type ManifestCopy } from './support/copy-manifest';
import { runScript } from './support/run-script';

const PLANTED: readonly [fault: string, file: string, old: string, now: string, said: string][] = [
  [
    'a range in package.json',
    'package.json',
    `"pg": "${version('pg')}"`,
    `"pg": "^${version('pg')}"`,
    'package.json has pg at ^',
  ],
  [
    'a package that the lock lacks',
    'package.json',
    '"dependencies": {',
    '"dependencies": {\n    "left-pad": "1.3.0",',
    'package-lock.json lacks left-pad',
  ],
  [
    'a lock that is behind',
    'package.json',
    `"pg": "${version('pg')}"`,
    '"pg": "8.0.0"',
    'package-lock.json is behind package.json in pg',
  ],
  [
    'a package without its checksum',
    'package-lock.json',
    checksum('pg'),
    '"no-checksum": true',
    'package-lock.json has no checksum of node_modules/pg',
  ],
  [
    'an install past the lock',
    'docker/Dockerfile',
    'RUN npm ci --ignore-scripts',
    'RUN npm install --ignore-scripts',
    'installs past the lock file',
  ],
  [
    'an image without a version',
    'docker/compose.yaml',
    'image: postgres:17',
    'image: postgres',
    'the image postgres has no version',
  ],
  [
    'an image of whatever is latest',
    'docker/Dockerfile',
    'ARG NODE_IMAGE=node:24-bookworm-slim',
    'ARG NODE_IMAGE=node:latest',
    'the image node:latest has no version',
  ],
];

describe('what is installed', () => {
  let copy: ManifestCopy;
  beforeEach(() => (copy = copyManifest()));
  afterEach(() => copy.remove());

  it('is pinned, and its licences are listed and allowed', async () => {
    expect(await check('pinned')).toEqual({ code: 0, output: '' });
    expect(await check('licences')).toEqual({ code: 0, output: '' });
  });

  it.each(PLANTED)('is refused with %s', async (_, file, old, now, said) => {
    copy.replace(file, old, now);
    const { code, output } = await check('pinned');
    expect(output).toContain(said);
    expect(code).toBe(1);
  });

  it('is refused when the list of licences is out of date', async () => {
    copy.replace('docs/licences.md', `${version('pg')} `, '8.0.0 ');
    const { code, output } = await check('licences');
    expect(output).toContain('docs/licences.md is out of date');
    expect(code).toBe(1);
  });

  it.each(['GPL-3.0-only', 'MIT AND SSPL-1.0', '(MIT OR GPL-2.0)'])(
    'is refused in production under %s, listed or not',
    async (licence) => {
      copy.replace('package-lock.json', ...relicensed('pg', licence));
      const { code, output } = await check('licences', '--write');
      expect(output).toContain(`pg ${version('pg')} is licensed ${licence}: not allowed`);
      expect(output).not.toContain('out of date');
      expect(code).toBe(1);
    },
  );

  it('may have any licence where it only builds and tests, as long as it is listed', async () => {
    copy.replace('package-lock.json', ...relicensed('jest', 'GPL-3.0-only'));
    expect((await check('licences', '--write')).code).toBe(0);
    expect(await check('licences')).toEqual({ code: 0, output: '' });
  });

  const check = (name: string, ...args: string[]) =>
    runScript(`check/${name}.mjs`, { args, cwd: copy.folder });
});

function entryOf(name: string): string {
  const lock = readFileSync('package-lock.json', 'utf8');
  const start = lock.indexOf(`    "node_modules/${name}": {`);
  return lock.slice(start, lock.indexOf('\n    },', start));
}

function version(name: string): string {
  return /"version": "(.+)"/.exec(entryOf(name))![1]!;
}

function checksum(name: string): string {
  return /"integrity": ".+"/.exec(entryOf(name))![0];
}

function relicensed(name: string, licence: string): [old: string, now: string] {
  const entry = entryOf(name);
  return [entry, entry.replace(/"license": ".+"/, `"license": "${licence}"`)];
}
