/**
 * @needs python3.10
 * @needs python3.13
 */
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClientWorkshop } from '../generated-clients/support/client-workshop';
import { runTool } from '../generated-clients/support/run-tool';
import { docExample } from './support/doc-examples';
import { expectSpent } from './support/expect-spent';
import { pythonWithWheel } from './support/python-package';
import { projectWithTypescript, TYPESCRIPT_CLIENT } from './support/typescript-package';

const PROGRAMS = join(__dirname, 'programs');
const COMPILER = join(TYPESCRIPT_CLIENT, 'node_modules/typescript/lib/tsc.js');
const TYPES = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(TYPESCRIPT_CLIENT, 'node_modules/@types')],
  },
  files: ['example.mts', 'around.d.ts'],
};

/** Each starts from nothing: one ledger for each. */
describe('the example in docs/clients.md', () => {
  let shop: ClientWorkshop;

  beforeEach(async () => {
    shop = await ClientWorkshop.open();
  });
  afterEach(() => shop?.close());

  const surroundings = () => ({
    cwd: shop.folder,
    env: { SPEND_LEDGER_URL: shop.ledger.httpUrl },
  });

  it('runs as it stands in TypeScript, and has its types', async () => {
    const project = await projectWithTypescript();
    await cp(join(project, 'node_modules'), shop.path('node_modules'), { recursive: true });
    await cp(join(PROGRAMS, 'around.mjs.txt'), shop.path('around.mjs'));
    await cp(join(PROGRAMS, 'around.d.ts.txt'), shop.path('around.d.ts'));
    const example = docExample('typescript');
    await writeFile(shop.path('example.mts'), example);
    await writeFile(shop.path('example.mjs'), example);
    await writeFile(shop.path('tsconfig.json'), JSON.stringify(TYPES));
    await runTool(process.execPath, [COMPILER, '-p', shop.folder]);
    const program = ['--import', './around.mjs', 'example.mjs'];
    expect(await runTool(process.execPath, program, surroundings())).toBe('It rains.\n');
    await expectSpent(shop.ledger.http, 'user:alice', '0.31');
    await expectSpent(shop.ledger.http, 'member:ml/alice', '0.015');
  });

  it('runs as it stands in Python', async () => {
    const python = await pythonWithWheel('3.13');
    await writeFile(shop.path('example.py'), docExample('python'));
    const program = [join(PROGRAMS, 'around.py'), shop.path('example.py')];
    expect(await runTool(python, program, surroundings())).toBe('It rains.\n');
    await expectSpent(shop.ledger.http, 'user:alice', '0.325');
    await expectSpent(shop.ledger.http, 'member:ml/alice', '0.015');
  });
});
