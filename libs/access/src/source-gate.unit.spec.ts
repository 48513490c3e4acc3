import type { Credential } from './read-credentials';
import { SourceGate } from './source-gate';

describe('the gate of sources', () => {
  const known = { name: 'gw-a' } as Credential;
  let revision: bigint;
  let waits: number;
  let sources: Map<string, Credential>;
  let gate: SourceGate;

  beforeEach(() => {
    revision = 1n;
    waits = 0;
    sources = new Map([['gateway-a', known]]);
    const credentials = {
      get revision() {
        return revision;
      },
      ofSource: (source: string) => sources.get(source),
      refreshed: () => {
        waits += 1;
        return Promise.resolve(true);
      },
    };
    gate = new SourceGate(credentials, { isOpen: false });
  });

  it('waits for nobody whom it knows, and once for a stranger', async () => {
    expect(await gate.callerOf('gateway-a')).toBe(known);
    for (let n = 0; n < 3; n++) expect(await gate.callerOf('stranger')).toBeUndefined();
    expect(waits).toBe(1);
  });

  it('asks again when something has changed', async () => {
    expect(await gate.callerOf('stranger')).toBeUndefined();
    revision = 2n;
    sources.set('stranger', known);
    expect(await gate.callerOf('stranger')).toBe(known);
    sources.delete('stranger');
    revision = 3n;
    expect(await gate.callerOf('stranger')).toBeUndefined();
    expect(waits).toBe(2);
  });
});
