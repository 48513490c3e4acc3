/** What the function of a step throws. */
export class FunctionFailed extends Error {}
export class Aborted extends Error {}

/** A step that threw, as the runner reads it. */
export function describeError(error) {
  if (error instanceof FunctionFailed || error instanceof Aborted) {
    return { result: 'error', error: error.constructor.name };
  }
  if (error.results) {
    return { result: 'results', results: error.results.map(({ status }) => ({ status })) };
  }
  const kinds = kindsOf(error);
  const { code, decision } = error;
  return { result: 'error', error: kinds[0], kinds, code, decision, message: error.message };
}

/** The names of its class and of what that extends, up to LedgerError. */
function kindsOf(error) {
  const kinds = [];
  for (let at = error.constructor; at.name && at !== Error; at = Object.getPrototypeOf(at)) {
    kinds.push(at.name);
  }
  return kinds.length > 0 ? kinds : [error.name];
}
