import { redactSecrets } from '#libs/ledger';
import { ConfigError, EnvReader } from '#libs/runtime';
import { readLabelNames } from './read-label-names';

function read(LABELS?: string): readonly string[] | undefined {
  const reader = new EnvReader({ ...(LABELS !== undefined && { LABELS }) }, redactSecrets);
  const names = readLabelNames(reader);
  reader.finish();
  return names && [...names];
}

describe('the names of labels that a ledger accepts', () => {
  it('are any where LABELS is not set', () => {
    expect([read(), read('')]).toEqual([undefined, undefined]);
  });

  it('are those of LABELS', () => {
    expect(read('org')).toEqual(['org']);
    expect(read(' org, project ,env')).toEqual(['org', 'project', 'env']);
  });

  it.each(['Org', 'org,', 'org,,env', '1a', '*', '__proto__', 'a'.repeat(64), 'org project'])(
    'are no %j',
    (names) => {
      expect(() => read(names)).toThrow(ConfigError);
    },
  );
});
