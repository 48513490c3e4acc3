import { sql } from 'kysely';
import { costPico, formatMoney, parsePriceBook, priceOf, type PriceBook } from '#libs/ledger';
import { eventKeyOf, priceBookHash, priceBookId, pricingOf, type Pricing } from '#libs/wire';
import type { PlanRules } from '../plan-batch';
import type { Findings } from './findings';
import type { LedgerDifference } from './ledger-difference';
import { rowsByCursor } from './rows-by-cursor';
import type { Snapshot } from './snapshot';
import { ENTRY_CONTENT, spendOfRow, type EntryRow } from './stored-entry';

/** Each version of the prices says what its hash and its claim were made of. */
export async function checkPriceBooks(trx: Snapshot, findings: Findings): Promise<void> {
  const wrong: LedgerDifference[] = [];
  const query = sql`
    select partition, version, document, content_hash from price_book order by version`;
  for await (const rows of rowsByCursor<BookRow>(trx, query, BOOKS_AT_ONCE)) {
    const keys = rows.map(({ version }) => eventKeyOf(priceBookId(version)));
    const { rows: claims } = await sql<{ event_key: string; content_hash: string }>`
      select event_key, content_hash from event_claim
      where event_key = any(${keys}::uuid[])`.execute(trx);
    const claimed = new Map(claims.map((claim) => [claim.event_key, claim.content_hash]));
    rows.forEach(({ partition, version, document, content_hash }, n) => {
      const about = { partition, version };
      const hash = priceBookHash({ document: JSON.parse(document) as PriceBook['document'] });
      if (hash !== content_hash) {
        wrong.push({ kind: 'changed_prices', ...about, stored: hash, expected: content_hash });
      }
      const claim = claimed.get(keys[n]!);
      if (claim !== undefined && claim !== content_hash) {
        wrong.push({ kind: 'wrong_claim', ...about, stored: content_hash, expected: claim });
      }
    });
  }
  findings.add(wrong);
}

/** An amount that the ledger made of usage is what it comes to by the prices that its record names. */
export async function checkPricedAmounts(
  trx: Snapshot,
  findings: Findings,
  { currency }: Pick<PlanRules, 'currency'>,
): Promise<void> {
  const books = new BooksOnRecord(trx);
  const wrong: LedgerDifference[] = [];
  let found = 0;
  const query = sql`
    ${ENTRY_CONTENT}
    where event.adjusts_key is null and event.amount is not null
      and (event.priced_by is not null or jsonb_exists(event.metadata, 'prices'))`;
  for await (const rows of rowsByCursor<EntryRow>(trx, query)) {
    for (const row of rows) {
      const spend = spendOfRow(row, currency);
      const pricing = pricingOf(spend);
      if (pricing === undefined) continue;
      const book = await books.find(pricing.version);
      const difference = differenceOf(row, formatMoney(spend.amountPico!), pricing, book);
      if (difference === undefined) continue;
      found += 1;
      if (wrong.length < findings.most) wrong.push(difference);
    }
  }
  findings.add(wrong, found);
}

function differenceOf(
  { partition, source, event_id: id, priced_by }: EntryRow,
  stored: string,
  { usage, model, version, at }: Pricing,
  book: FoundBook,
): LedgerDifference | undefined {
  const about = { partition, source, id, version };
  if (book === 'unread') return undefined;
  if (book === undefined) {
    // What a caller says in metadata may name prices that never were.
    if (priced_by === null) return undefined;
    return { kind: 'missing_prices', ...about, stored: null, expected: `the prices ${version}` };
  }
  const price = priceOf(book, model, at);
  const expected = price && formatMoney(costPico(price, usage));
  if (expected === stored) return undefined;
  return { kind: 'wrong_price', ...about, stored, expected: expected ?? null };
}

interface BookRow {
  readonly partition: number;
  readonly version: string;
  readonly document: string;
  readonly content_hash: string;
}

/** `undefined`: there is none. `unread`: it is claimed, and on its way into the projection. */
type FoundBook = PriceBook | 'unread' | undefined;

/** A book is half a MiB at most. */
const BOOKS_AT_ONCE = 20;

class BooksOnRecord {
  private readonly found = new Map<string, FoundBook>();

  constructor(private readonly trx: Snapshot) {}

  async find(version: string): Promise<FoundBook> {
    const known = this.found.get(version);
    if (known !== undefined || this.found.has(version)) return known;
    if (this.found.size >= BOOKS_AT_ONCE) this.found.delete(this.found.keys().next().value!);
    const book = await this.read(version);
    this.found.set(version, book);
    return book;
  }

  private async read(version: string): Promise<FoundBook> {
    const { rows } = await sql<{ document: string | null; is_claimed: boolean }>`
      select (select document from price_book where version = ${version} limit 1) as document,
             exists (select from event_claim
                     where event_key = ${eventKeyOf(priceBookId(version))}::uuid) as is_claimed`.execute(
      this.trx,
    );
    const { document, is_claimed } = rows[0]!;
    if (document === null) return is_claimed ? 'unread' : undefined;
    const book = parsePriceBook(JSON.parse(document), {});
    return book.ok ? book.value : undefined;
  }
}
