import {
  parsePriceBook,
  redactSecrets,
  type Parsed,
  type PriceBook,
  type PricesInForce,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { readYamlFile, ReloadedFile, type ProcessTools } from '#libs/runtime';
import { eventKeyOf, priceBookHash, priceBookId } from '#libs/wire';

/** The file that a process prices usage by; without one nothing has a price. */
export interface OpenPrices extends PricesInForce {
  close(): Promise<void>;
}

/** YAML has comments and more spaces than the JSON that is kept. */
const FILE_LIMITS = { maxBytes: 2 * 1024 * 1024, redact: redactSecrets };

/**
 * Reads PRICES_FILE now and at each SIGHUP.
 * @param accept @returns why a book may not be in force, which continues the file's name
 * @throws StartRefused with the sentence that names the member at fault
 */
export async function openPrices(
  path: string | undefined,
  tools: Pick<ProcessTools, 'logger' | 'metrics'>,
  {
    currency,
    accept,
  }: {
    readonly currency: string;
    readonly accept: (book: PriceBook) => Promise<string | undefined>;
  },
): Promise<OpenPrices> {
  if (path === undefined) return { current: undefined, close: () => Promise.resolve() };
  const file = await ReloadedFile.read<PriceBook>(
    {
      variable: 'PRICES_FILE',
      path,
      ...FILE_LIMITS,
      parse: (document) => parsePriceBook(document, { currency }),
      accept,
    },
    tools,
  );
  file.start();
  return {
    get current() {
      return file.current;
    },
    close: () => file.stop(),
  };
}

/** The same file once, for who only wants to know what is wrong with it. */
export async function readPricesFile(
  path: string,
  rules: { readonly currency: string },
): Promise<Parsed<PriceBook>> {
  const tree = await readYamlFile(path, FILE_LIMITS);
  return tree.ok ? parsePriceBook(tree.document, rules) : tree;
}

/** A version says one thing for ever. @returns why this book may not be in force, if its version is on record as another */
export async function refuseOtherPrices(
  { kysely }: Pick<Database, 'kysely'>,
  book: PriceBook,
): Promise<string | undefined> {
  const hash = await hashOnRecord({ kysely }, book);
  return hash === undefined || hash === priceBookHash(book) ? undefined : otherPrices(book);
}

/** @returns what the version is on record with; `undefined`: it is not */
export async function hashOnRecord(
  { kysely }: Pick<Database, 'kysely'>,
  { version }: PriceBook,
): Promise<string | undefined> {
  const claim = await kysely
    .selectFrom('event_claim')
    .select('content_hash')
    .where('event_key', '=', eventKeyOf(priceBookId(version)))
    .executeTakeFirst();
  return claim?.content_hash;
}

export function otherPrices({ version }: PriceBook): string {
  return `whose version "${version}" is on record with other content: give it another version`;
}
