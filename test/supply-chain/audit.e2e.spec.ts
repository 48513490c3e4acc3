import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from './support/registry';
import { runScript, type Ran } from './support/run-script';

const ADVISORY = {
  id: 1,
  url: 'https://example.org/advisory/1',
  title: 'Reads what it should not',
  severity: 'moderate',
  vulnerable_versions: '<99',
  cwe: [],
  cvss: { score: 5, vectorString: null },
};

describe('npm run check:audit', () => {
  it('fails and names the package when there is an advisory', async () => {
    const { code, output } = await auditAgainst(200, { kafkajs: [ADVISORY] });
    expect(output).toContain('audit: moderate in kafkajs');
    expect(output).toContain('Reads what it should not');
    expect(code).toBe(1);
  });

  it('passes over what is less than moderate', async () => {
    const low = { ...ADVISORY, severity: 'low' };
    const { code, output } = await auditAgainst(200, { kafkajs: [low] });
    expect(output).toContain('audit: no advisory of moderate or more');
    expect(code).toBe(0);
  });

  it('passes when there is none, and has asked about what runs and what builds', async () => {
    const registry = await startRegistry(200, {});
    try {
      const { code, output } = await audit(registry.url);
      expect(output).toContain('audit: no advisory of moderate or more');
      expect(code).toBe(0);
      expect(registry.asked).toEqual(expect.arrayContaining(['kafkajs', 'pg', 'jest']));
    } finally {
      await registry.stop();
    }
  });

  it.each([
    ['offers no audits', 405, {}],
    ['is broken', 503, { error: 'later' }],
  ])('says that nobody was asked when the registry %s', async (_, status, body) => {
    expectNotAsked(await auditAgainst(status, body));
  });

  it('says that nobody was asked when there is no registry', async () => {
    const registry = await startRegistry(200, {});
    await registry.stop();
    expectNotAsked(await audit(registry.url));
  });
});

function expectNotAsked({ code, output }: Ran): void {
  expect(output).toContain('audit: NOT ASKED');
  expect(output).not.toContain('no advisory');
  expect(code).toBe(75);
}

async function auditAgainst(status: number, body: unknown): Promise<Ran> {
  const registry = await startRegistry(status, body);
  try {
    return await audit(registry.url);
  } finally {
    await registry.stop();
  }
}

/** With a cache of its own: npm keeps there what it has heard of an advisory. */
async function audit(url: string): Promise<Ran> {
  const cache = mkdtempSync(join(tmpdir(), 'spend-ledger-audit-'));
  try {
    const env = {
      npm_config_registry: url,
      npm_config_cache: cache,
      npm_config_fetch_retries: '0',
    };
    return await runScript('audit.mjs', { env });
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}
