import { type Redact } from '#libs/json';

export type { Redact };

/** For words of the process's own, and for what passes the doors' redactor afterwards. */
export const asItIs: Redact = (text) => text;

/** Whether nothing has to be taken out. */
export const isPresentable = (text: string, redact: Redact): boolean => redact(text) === text;
