import { MAX_FAULTS, withMore, type FieldError } from './result';

/**
 * Texts that are credentials. Whichever field, path or header brings one, it is refused and echoed nowhere: a ledger
 * keeps what it records for ever (LiteLLM #30670 kept plaintext keys in its spend log). README lists the patterns.
 */
const SECRETS: readonly string[] = [
  'sk-[A-Za-z0-9_-]{16,}',
  '(?:AKIA|ASIA)[0-9A-Z]{16}',
  'gh[pousr]_[A-Za-z0-9]{36,}',
  'github_pat_[A-Za-z0-9_]{22,}',
  'glpat-[A-Za-z0-9_-]{20,}',
  'AIza[A-Za-z0-9_-]{35}',
  'xox[abeoprs]-[A-Za-z0-9-]{10,}',
  'hf_[A-Za-z0-9]{30,}',
  // The ledger's own tokens.
  'slt_[A-Za-z0-9_-]{20,}',
];
const JSON_WEB_TOKEN = 'eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*';
/** Blanks out more than it must: a search that insists on the points turns back at every `eyJ` of a hostile text. */
const TOKEN_BEGIN = 'eyJ[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){0,2}';
const BLANK = '(secret)';
const WHOLE = new RegExp(`^(?:${[...SECRETS, JSON_WEB_TOKEN].join('|')})$`);
/** In a URL the letter before a secret may be the end of a percent escape. */
const BEGIN = '(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))';
const WITHIN = new RegExp(`${BEGIN}(?:${[...SECRETS, TOKEN_BEGIN].join('|')})`, 'g');
const SHORTEST = 14;
/** In characters. Millions of them would exhaust the stack of the engine's search. */
const LONGEST = 64 * 1024;
const ACCOUNT = /^(?:key|user|team|member|person|label):/;

/** Whether a text is a credential, or an account string that has one for an id. */
export function isSecret(text: string): boolean {
  if (text.length < SHORTEST) return false;
  const searched = text.slice(0, LONGEST);
  if (WHOLE.test(searched)) return true;
  if (!ACCOUNT.test(searched)) return false;
  return searched
    .slice(searched.indexOf(':') + 1)
    .split('/')
    .some((part) => WHOLE.test(unescaped(part)));
}

/**
 * The text with every credential in it blanked out: for logs and for answers that quote their input. What is longer
 * than 64 Ki characters is cut.
 */
export function redactSecrets(text: string): string {
  if (text.length < SHORTEST) return text;
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  const redacted = shown.replace(WITHIN, BLANK);
  return isSecret(redacted) ? BLANK : redacted;
}

/** A fault for every string or member name in a JSON tree (at most 32 levels deep) that is a credential. */
export function secretFaults(value: unknown, field: string): FieldError[] {
  // Nearly always there is none, and no path need be made.
  if (!holdsSecret(value)) return [];
  const found = new FoundSecrets();
  found.lookIn(value, field);
  return withMore(found.listed, found.more);
}

function holdsSecret(value: unknown): boolean {
  if (typeof value === 'string') return isSecret(value);
  if (typeof value !== 'object' || value === null) return false;
  const members = value as Record<string, unknown>;
  return Object.keys(members).some((name) => isSecret(name) || holdsSecret(members[name]));
}

class FoundSecrets {
  readonly listed: FieldError[] = [];
  more = 0;

  lookIn(value: unknown, field: string): void {
    if (typeof value === 'string') {
      if (isSecret(value)) this.report(field);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const members = value as Record<string, unknown>;
    for (const name of Object.keys(members)) {
      // A path beyond the last listed fault is not needed.
      const path = this.isFull ? field : pathTo(value, name, field);
      if (isSecret(name)) this.report(path);
      this.lookIn(members[name], path);
    }
  }

  private get isFull(): boolean {
    return this.listed.length >= MAX_FAULTS;
  }

  private report(field: string): void {
    if (this.isFull) this.more += 1;
    else this.listed.push(secretFault(field));
  }
}

function pathTo(parent: object, name: string, field: string): string {
  return Array.isArray(parent) ? `${field}[${name}]` : memberPath(field, name);
}

function secretFault(field: string): FieldError {
  return { field, rule: 'secret', message: 'looks like a secret: send its SHA-256 instead' };
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The path of a member whose name a stranger chose: bounded, and a secret in it is blanked out. */
export function memberPath(field: string, name: string): string {
  const safe = redactSecrets(name).slice(0, 128).toWellFormed();
  return field === '' ? safe : `${field}.${safe}`;
}
