import { mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { FileOutput, fileOutput, streamOutput } from './output';

const RUNNING = new AbortController().signal;

describe('a file that a command writes', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outputs-'));
    path = join(folder, 'out');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is a new one, and its owner alone may read it', async () => {
    const output = await fileOutput(path, RUNNING);
    await output.write('a');
    expect((await stat(`${path}.part`)).mode & 0o777).toBe(0o600);
    await output.finish();
    expect([await readdir(folder), await readFile(path, 'utf8')]).toEqual([['out'], 'a']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  // Otherwise a user who may write in the folder could choose which file is overwritten.
  it.each(['out', 'out.part'])(
    'follows no link of the name %s, wherever it leads',
    async (name) => {
      for (const target of ['somewhere', 'nowhere']) {
        await writeFile(join(folder, 'somewhere'), 'kept');
        await symlink(join(folder, target), join(folder, name));
        await expect(fileOutput(path, RUNNING)).rejects.toThrow(
          `There is a file ${join(folder, name)} already: choose another name, or remove it.`,
        );
        await rm(join(folder, name));
        expect(await readdir(folder)).toEqual(['somewhere']);
        expect(await readFile(join(folder, 'somewhere'), 'utf8')).toBe('kept');
      }
    },
  );

  it.each(['out', 'out.part'])('takes no place of a file of the name %s', async (name) => {
    await writeFile(join(folder, name), 'kept');
    await expect(fileOutput(path, RUNNING)).rejects.toThrow(/^There is a file .* already/);
    expect(await readFile(join(folder, name), 'utf8')).toBe('kept');
  });

  it('takes no place of one that was made meanwhile, by whatever link', async () => {
    for (const make of [() => writeFile(path, 'kept'), () => symlink('nowhere', path)]) {
      const output = await fileOutput(path, RUNNING);
      await output.write('ours');
      await make();
      await expect(output.finish()).rejects.toThrow(/^There is a file .* already/);
      expect(await readdir(folder)).toEqual(['out']);
      await rm(path);
    }
  });

  // /dev/full answers every write as a full disk does.
  it('is not left behind on a full disk, which is said in a sentence', async () => {
    const part = `${path}.part`;
    await writeFile(part, '');
    const output = new FileOutput(await open('/dev/full', 'w'), { part, path }, RUNNING);
    await expect(output.write('a')).rejects.toThrow(
      `${path} cannot be written: the disk is full (ENOSPC). No file was left.`,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not left behind when the user has asked to stop', async () => {
    const stopping = new AbortController();
    const output = await fileOutput(path, stopping.signal);
    stopping.abort();
    await expect(output.write('a')).rejects.toThrow(/^Interrupted/);
    await output.abandon();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a stream that a command writes', () => {
  it.each([
    [true, 'a\\u202e\r\n'],
    [false, 'a\u202e\r\n'],
  ])('has what a terminal may have where it is one: %s', async (isTTY, expected) => {
    let written = '';
    const stream = new Writable({
      write: (chunk: Buffer, _, done) => {
        written += chunk.toString();
        done();
      },
    });
    const output = streamOutput(Object.assign(stream, { isTTY }), RUNNING);
    await output.write('a\u202e\r\n');
    expect(written).toBe(expected);
  });
});
