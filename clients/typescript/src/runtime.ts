/** What Node, Deno and Bun have; browsers and most workers have none. */
export const { process } = globalThis as { process?: typeof globalThis.process };
