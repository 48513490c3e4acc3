/**
 * @needs python3.10
 * @needs python3.13
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClientWorkshop } from '../generated-clients/support/client-workshop';
import { runTool } from '../generated-clients/support/run-tool';
import { expectSpent } from './support/expect-spent';
import {
  builtPython,
  fileOf,
  PYTHON_CLIENT,
  pythonWithTools,
  pythonWithWheel,
} from './support/python-package';

const CALL = join(__dirname, 'programs/call.py');

describe('the package in Python', () => {
  let shop: ClientWorkshop;
  let python: string;

  beforeAll(async () => {
    shop = await ClientWorkshop.open();
    python = await pythonWithTools();
  });
  afterAll(() => shop?.close());

  const run = (...args: readonly string[]) => runTool(python, args, { cwd: PYTHON_CLIENT });

  it('is built as a wheel that says its types, and as a source archive', async () => {
    const built = await builtPython();
    const wheel = await fileOf(built, '.whl');
    const files = await runTool(python, ['-m', 'zipfile', '--list', wheel]);
    expect(files).toContain('spend_ledger/py.typed');
    expect(files).not.toMatch(/\btests?\//);
    await fileOf(built, '.tar.gz');
    const unpacked = shop.path('wheel');
    await runTool(python, ['-m', 'zipfile', '--extract', wheel, unpacked]);
    const metadata = join(unpacked, /spend_ledger-\S+\/METADATA/.exec(files)![0]);
    const needs = (await readFile(metadata, 'utf8'))
      .split('\n')
      .filter((line) => /^(?:Requires-|Provides-Extra)/.test(line) && !/extra ==/.test(line));
    expect(needs).toEqual(
      expect.arrayContaining(['Requires-Python: >=3.10', 'Provides-Extra: litellm']),
    );
    expect(needs.filter((line) => line.startsWith('Requires-Dist'))).toEqual([
      'Requires-Dist: httpx<1,>=0.27',
    ]);
  });

  it.each(['3.10', '3.13'])('makes a call from an empty venv of Python %s', async (version) => {
    const user = `python-${version}`;
    const said = await runTool(await pythonWithWheel(version), [CALL, shop.ledger.httpUrl, user]);
    expect(said).toBe('True\n');
    await expectSpent(shop.ledger.http, `user:${user}`, '0.31');
  });

  it('is what mypy and pyright let pass', async () => {
    await run('-m', 'mypy');
    await run('-m', 'pyright', '--pythonpath', python);
  });

  it('has one style', async () => {
    await run('-m', 'ruff', 'check', '.');
    await run('-m', 'ruff', 'format', '--check', '.');
  });

  it('has the types of the running ledger', async () => {
    await run('scripts/write_types.py', `${shop.ledger.httpUrl}/openapi.json`, '--check');
  });

  it('has a sync half that follows from the async one', async () => {
    await run('scripts/write_sync.py', '--check');
  });

  it('passes its own tests', async () => {
    expect(await run('-m', 'pytest', '--quiet')).toMatch(/[1-9]\d* passed/);
  });
});
