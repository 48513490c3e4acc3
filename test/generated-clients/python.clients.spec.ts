/**
 * @needs java
 * @needs maven
 * @needs python3
 */
import { ClientWorkshop } from './support/client-workshop';
import { generateClient } from './support/generate-client';
import { runTool } from './support/run-tool';

jest.setTimeout(600_000);

describe('a client that openapi-generator makes in Python', () => {
  let shop: ClientWorkshop;

  beforeAll(async () => {
    shop = await ClientWorkshop.open();
  });
  afterAll(() => shop.close());

  it('can be imported, sets a budget, writes back what it has read, and checks', async () => {
    await generateClient('python', shop.path('client'));
    const program = await shop.place('check.py', 'client', 'check.py');
    const requirements = await shop.place('requirements.txt', 'requirements.txt');
    await runTool('python3', ['-m', 'venv', shop.path('venv')]);
    const python = shop.path('venv/bin/python');
    await runTool(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    await runTool(python, ['-m', 'compileall', '-q', shop.path('client/openapi_client')]);
    const everyModel = 'import openapi_client.models, openapi_client.api';
    await runTool(python, ['-c', everyModel], { cwd: shop.path('client') });
    expect(await runTool(python, [program, shop.ledger.httpUrl])).toBe('checked\n');
  });
});
