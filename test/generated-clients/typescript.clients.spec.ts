import { join } from 'node:path';
import { PROJECT_FOLDER } from '#libs/testing';
import { writeFile } from 'node:fs/promises';
import { ClientWorkshop } from './support/client-workshop';
import { OPENAPI } from './support/generate-client';
import { runTool } from './support/run-tool';

jest.setTimeout(600_000);

const OPENAPI_TYPESCRIPT = join(PROJECT_FOLDER, 'node_modules/openapi-typescript/bin/cli.js');
const TSC = join(PROJECT_FOLDER, 'node_modules/typescript/bin/tsc');
const SETTINGS = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    outDir: 'made',
    types: ['node'],
    typeRoots: [join(PROJECT_FOLDER, 'node_modules/@types')],
  },
  files: ['check.ts', 'ledger.d.ts'],
};

describe('a client by the types that openapi-typescript makes', () => {
  let shop: ClientWorkshop;

  beforeAll(async () => {
    shop = await ClientWorkshop.open();
  });
  afterAll(() => shop.close());

  it('compiles, sets a budget, writes back what it has read, and checks', async () => {
    await shop.place('check.ts.txt', 'check.ts');
    await writeFile(shop.path('package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(shop.path('tsconfig.json'), JSON.stringify(SETTINGS));
    const node = process.execPath;
    await runTool(node, [OPENAPI_TYPESCRIPT, OPENAPI, '-o', shop.path('ledger.d.ts')]);
    await runTool(node, [TSC, '-p', shop.folder]);
    const program = shop.path('made/check.js');
    expect(await runTool(node, [program, shop.ledger.httpUrl])).toBe('checked\n');
  });
});
