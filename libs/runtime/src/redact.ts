import { type Redact } from '#libs/json';

export type { Redact };

/** Replaces what CONTRACT calls a secret, wherever it stands in the text. */
export const redactSecrets: Redact = (text) =>
  text.includes('sk-') ? text.replace(SECRET, '(secret)') : text;

/** Whether nothing has to be taken out. */
export const isPresentable = (text: string, redact: Redact): boolean => redact(text) === text;

const SECRET = /sk-[A-Za-z0-9_-]{16,}/g;
