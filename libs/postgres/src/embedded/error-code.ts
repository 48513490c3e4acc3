/**
 * The code of a system error or of a Postgres error: `ENOENT`, `3D000`. Told by its shape, because
 * in a test runner's realm `Error` is not the `Error` of Node's own modules.
 */
export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** The result, or undefined if what it needs does not exist; other errors stay errors. */
export async function unlessMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
