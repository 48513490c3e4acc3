import {
  parsePriceBook,
  redactSecrets,
  type Parsed,
  type PriceBook,
  type PricesInForce,
} from '#libs/ledger';
import { readYamlFile, ReloadedFile, type ProcessTools } from '#libs/runtime';

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
