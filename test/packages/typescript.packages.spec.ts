import { cp, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClientWorkshop } from '../generated-clients/support/client-workshop';
import { runTool } from '../generated-clients/support/run-tool';
import { expectSpent } from './support/expect-spent';
import { findNodes } from './support/find-nodes';
import {
  installTypescriptTools,
  packedTypescript,
  projectWithTypescript,
  TYPESCRIPT_CLIENT,
} from './support/typescript-package';

const PACKED_BYTES_MAX = 40_000;
const PROGRAMS = join(__dirname, 'programs');

describe('the package in TypeScript', () => {
  let shop: ClientWorkshop;

  beforeAll(async () => {
    shop = await ClientWorkshop.open();
    await installTypescriptTools();
  });
  afterAll(() => shop?.close());

  const npm = (...args: readonly string[]) => runTool('npm', args, { cwd: TYPESCRIPT_CLIENT });

  it('is small, and needs no other package', async () => {
    const { size } = await stat(await packedTypescript());
    expect(size).toBeLessThan(PACKED_BYTES_MAX);
    const project = await projectWithTypescript();
    const manifest = await readFile(join(project, 'node_modules/spend-ledger/package.json'));
    const { dependencies, peerDependencies } = JSON.parse(manifest.toString());
    expect({ dependencies, peerDependencies }).toEqual({});
  });

  for (const { program: node, version } of findNodes()) {
    it.each(['call.mjs', 'call.cjs'])(
      `makes a call from %s with Node ${version}`,
      async (program) => {
        const project = await projectWithTypescript();
        const user = `${program}-${version}`;
        await cp(join(PROGRAMS, `${program}.txt`), join(project, program));
        const said = await runTool(node, [join(project, program), shop.ledger.httpUrl, user]);
        expect(said).toBe('said\n');
        await expectSpent(shop.ledger.http, `user:${user}`, '0.31');
      },
    );
  }

  it('is what publint and attw let pass', async () => {
    await packedTypescript();
    await npm('run', '--silent', 'check:package');
  });

  it('has the types of the running ledger', async () => {
    const generated = shop.path('openapi.ts');
    const script = join(TYPESCRIPT_CLIENT, 'scripts/generate.mjs');
    const document = `${shop.ledger.httpUrl}/openapi.json`;
    await runTool(process.execPath, [script, document, generated]);
    const written = await readFile(generated, 'utf8');
    expect(written).toBe(await readFile(join(TYPESCRIPT_CLIENT, 'src/openapi.ts'), 'utf8'));
  });

  it('passes its own tests', async () => {
    await packedTypescript();
    expect(await npm('run', '--silent', 'test')).toMatch(/ pass [1-9]/);
  });
});
