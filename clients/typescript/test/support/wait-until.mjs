const LIMIT = 30_000;
const LOOK_EVERY = 20;

/** Waits for something that happens in its own time. @throws Error if it does not */
export async function waitUntil(isSo) {
  for (let waited = 0; !isSo(); waited += LOOK_EVERY) {
    if (waited > LIMIT) throw new Error(`not so within ${LIMIT} ms: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
