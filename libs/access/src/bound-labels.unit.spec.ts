import { MOST_LABELS } from '#libs/ledger';
import { labelsOfCaller } from './bound-labels';

const bound = (...accounts: string[]) => ({ accounts, sources: [] });
const ACME = new Map([['org', 'acme']]);

describe('the labels of a call', () => {
  it('are as they are said, of a caller that is bound to nothing', () => {
    expect(labelsOfCaller(bound(), ACME)).toMatchObject({ ok: true, labels: ACME });
  });

  it.each<[string, string[], Map<string, string> | undefined, object]>([
    ['fill one bound value in', ['team:ml', 'label:org/acme'], undefined, { filledIn: ACME }],
    ['may say that value', ['label:org/acme'], ACME, { labels: ACME, filledIn: undefined }],
    ['may say any value of a bound name', ['label:org/*'], ACME, { labels: ACME }],
    [
      'may leave a bound name out',
      ['label:org/*', 'label:org/acme'],
      undefined,
      { filledIn: undefined },
    ],
    ['read an escaped value', ['label:org/a%2Fb'], new Map([['org', 'a/b']]), { ok: true }],
  ])('%s', (_what, accounts, said, expected) => {
    expect(labelsOfCaller(bound(...accounts), said)).toMatchObject({ ok: true, ...expected });
  });

  it.each<[string, string[], Map<string, string> | undefined]>([
    ['another value', ['label:org/beta'], ACME],
    ['a name that is not bound', ['team:ml'], ACME],
    ['none of several bound values', ['label:org/acme', 'label:org/beta'], undefined],
  ])('may not have %s', (_what, accounts, said) => {
    expect(labelsOfCaller(bound(...accounts), said)).toEqual({ ok: false, name: 'org' });
  });

  it('are no more than a record may have, with those that are filled in', () => {
    const names = Array.from({ length: MOST_LABELS }, (_, n) => `n${n}`);
    const accounts = [...names.map((name) => `label:${name}/*`), 'label:org/acme'];
    const said = new Map(names.map((name) => [name, 'v']));
    expect(labelsOfCaller(bound(...accounts), said)).toMatchObject({ ok: false });
    said.delete('n0');
    expect(labelsOfCaller(bound(...accounts), said)).toMatchObject({ ok: true });
  });
});
