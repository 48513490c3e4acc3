import { isSecret } from '#libs/ledger';
import { outcomeOf, variablesOf, VARIABLES, READERS } from './support/processes';

const letters = (length: number): string => 'A1b2C3d4'.repeat(12).slice(0, length);
/** One of each kind, and a text that has one in it. */
const SECRETS = [
  `ghp_${letters(36)}`,
  `github_pat_${letters(30)}`,
  `sk-${letters(30)}`,
  `AKIA${'0A'.repeat(8)}`,
  `slt_${letters(40)}`,
  `xoxb-${letters(20)}`,
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl',
  // Of no form that is known.
  letters(40),
];
/** Which file cannot be read is told, unless its name is a secret of a known form. */
const inAnAddress = (secret: string): string =>
  `postgres://user:${secret}@host/x?sslrootcert=/${isSecret(secret) ? secret : 'file'}`;

it('the known ones are secrets', () => {
  for (const secret of SECRETS.slice(0, -1))
    expect([secret, isSecret(secret)]).toEqual([secret, true]);
});

it.each(VARIABLES)('%s: %s echoes no secret', (process, name) => {
  for (const secret of SECRETS) {
    for (const value of [secret, `x,${secret}`, inAnAddress(secret)]) {
      const outcome = outcomeOf(process, { [name]: value });
      const said = 'faults' in outcome ? outcome.faults.join('\n') : '';
      expect(said).not.toContain(secret);
    }
  }
});

it('no variable of one process is nearly one of another', () => {
  const all = Object.fromEntries(VARIABLES.map(([, name]) => [name, '1']));
  for (const process of Object.keys(READERS)) {
    const own = new Set(variablesOf(process));
    const others = Object.entries(all).filter(([name]) => !own.has(name));
    expect(outcomeOf(process, Object.fromEntries(others))).toMatchObject({ config: { hints: [] } });
  }
});

it('nor is what the environment of this machine has', () => {
  for (const process of Object.keys(READERS)) {
    const own = new Set(variablesOf(process));
    const rest = Object.entries({ ...globalThis.process.env }).filter(
      (entry): entry is [string, string] => !own.has(entry[0]) && entry[1] !== undefined,
    );
    expect(outcomeOf(process, Object.fromEntries(rest))).toMatchObject({ config: { hints: [] } });
  }
});
