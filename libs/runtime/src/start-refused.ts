/** The process cannot start as things are; the message is the sentence that says why. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

/** @throws StartRefused: only `npm start` brings a Postgres of its own */
export function requireDatabaseUrl({
  databaseUrl,
  hints,
}: {
  readonly databaseUrl: string | undefined;
  readonly hints: readonly string[];
}): string {
  if (databaseUrl !== undefined) return databaseUrl;
  const sentence =
    'DATABASE_URL must be set: only `npm start` brings a Postgres of its own, for example DATABASE_URL=postgres://user:password@localhost:5432/ledger.';
  throw new StartRefused([sentence, ...hints].join('\n'));
}

/** What was opened. @throws StartRefused with the sentence that says why it was not */
export function openedOrRefused<T>(
  opened:
    { readonly ok: true; readonly ledger: T } | { readonly ok: false; readonly sentence: string },
): T {
  if (opened.ok) return opened.ledger;
  throw new StartRefused(opened.sentence);
}
