import { hash, randomBytes } from 'node:crypto';

const TOKEN = /^slt_[A-Za-z0-9_-]{43}$/;

/** A new bearer token: 256 random bits behind a prefix by which leaked ones are found. */
export const makeToken = (): string => `slt_${randomBytes(32).toString('base64url')}`;

/** Whether a text could be a token of some ledger. */
export const isToken = (text: string): boolean => TOKEN.test(text);

/** What is kept of a token: its SHA-256 in hex. So many random bits need no salt and no slow hash. */
export const hashToken = (token: string): string => hash('sha256', token, 'hex');
