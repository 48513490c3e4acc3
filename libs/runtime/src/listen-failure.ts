import { StartRefused } from './start-refused';

/** A door that cannot be opened, as one sentence for the operator who started the process. */
export function listenFailure(error: Error, variable: string, host: string, port: number): Error {
  const text = `${error.message} ${'code' in error ? String(error.code) : ''}`;
  if (NO_SUCH_ADDRESS.test(text)) {
    return new StartRefused(
      `HOST is "${host}", but this machine does not have that address, for example HOST=127.0.0.1.`,
      { cause: error },
    );
  }
  const where = `port ${port} on ${host}`;
  const known = REASONS.find(([code]) => text.includes(code));
  const reason = known === undefined ? `Cannot listen on ${where}` : known[1](where);
  return new StartRefused(`${reason}; set ${variable} to another one.`, { cause: error });
}

/** Node's codes, and what grpc-js says of a name. */
const NO_SUCH_ADDRESS = /EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN|Name resolution failed/;

const REASONS: readonly (readonly [string, (where: string) => string])[] = [
  ['EADDRINUSE', (where) => `Another process listens on ${where} already`],
  ['EACCES', (where) => `This user may not listen on ${where}`],
];
