import { StartRefused } from './start-refused';

/** A port that cannot be had, as one sentence for whoever started the process. */
export function listenFailure(error: Error, variable: string, host: string, port: number): Error {
  const text = `${error.message} ${'code' in error ? String(error.code) : ''}`;
  const where = `port ${port} on ${host}`;
  const known = REASONS.find(([code]) => text.includes(code));
  const reason = known === undefined ? `Cannot listen on ${where}` : known[1](where);
  return new StartRefused(`${reason}; set ${variable} to another one.`, { cause: error });
}

const REASONS: readonly (readonly [string, (where: string) => string])[] = [
  ['EADDRINUSE', (where) => `Another process listens on ${where} already`],
  ['EACCES', (where) => `This user may not listen on ${where}`],
  ['EADDRNOTAVAIL', (where) => `This machine does not have the address of ${where}`],
];
