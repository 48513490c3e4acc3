/** What the ledger takes for a secret (its docs/api.md, What counts as a secret), wherever it stands in a text. */
const SECRETS = [
  'sk-[A-Za-z0-9_-]{16,}',
  '(?:AKIA|ASIA)[0-9A-Z]{16}',
  'gh[pousr]_[A-Za-z0-9]{36,}',
  'github_pat_[A-Za-z0-9_]{22,}',
  'glpat-[A-Za-z0-9_-]{20,}',
  'AIza[A-Za-z0-9_-]{35}',
  'xox[a-z]-[A-Za-z0-9-]{10,}',
  'hf_[A-Za-z0-9]{30,}',
  'slt_[A-Za-z0-9_-]{20,}',
  'eyJ[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){0,2}',
];
const WITHIN = new RegExp(`(?:${SECRETS.join('|')})`, 'g');

/** The text without what looks like a secret: for messages and logs. */
export function redact(text: string): string {
  return text.replace(WITHIN, '(secret)');
}
