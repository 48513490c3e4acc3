/** Set-up speaks on stderr: what a command prints on stdout stays its own. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** A failure that one sentence explains; its stack would only hide it. */
export class PlainError extends Error {
  plain = true;
}

export const secondsSince = (startMs) => `${((Date.now() - startMs) / 1000).toFixed(1)} s`;
