import { chmod, cp, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { provideBinaries } from './binaries';
import { runCommand } from './run-command';

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('not root: the copy of the binaries is not tested\n');
const itAsRoot = isRoot ? it : it.skip;
const nobody = { uid: 65_534, gid: 65_534 };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'embedded-spec-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

itAsRoot('copies binaries that the user of Postgres cannot reach, once for all', async () => {
  const closed = path.join(folder, 'closed');
  const systemDir = path.join(folder, 'system');
  const inPlace = await provideBinaries(undefined, () => undefined);
  const installed = path.dirname(path.dirname(inPlace.postgres));
  await cp(installed, path.join(closed, 'native'), { recursive: true, verbatimSymlinks: true });
  await chmod(closed, 0o700);
  await chmod(folder, 0o711);
  const from = { native: path.join(closed, 'native'), version: '18.4' };
  const lines: string[] = [];
  const provide = () => provideBinaries(nobody, (line) => void lines.push(line), from, systemDir);

  const [binaries, same] = await Promise.all([provide(), provide()]);
  expect(binaries).toEqual(same);
  expect(await provide()).toEqual(binaries);
  expect(binaries.postgres).toBe(path.join(systemDir, 'binaries-18.4/bin/postgres'));
  expect((await runCommand(binaries.postgres, ['--version'], { account: nobody })).ok).toBe(true);
  expect(await readdir(systemDir)).toEqual(['binaries-18.4']);
  expect(lines[0]).toContain(systemDir);
  const library = path.join(systemDir, 'binaries-18.4/lib/libpq.so.5');
  if (os.platform() === 'linux') expect((await lstat(library)).isSymbolicLink()).toBe(true);
});

it('says in a sentence that binaries do not run', async () => {
  const from = { native: path.join(folder, 'nothing'), version: '18.4' };
  await expect(provideBinaries(undefined, () => undefined, from)).rejects.toThrow(/npm rebuild/);
});
