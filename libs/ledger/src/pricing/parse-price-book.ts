import { parseId } from '../id';
import { formatInstant, parseInstant, type Instant } from '../instant';
import { isObject, strangersOf } from '../members';
import { formatMoney, picoOfDecimal } from '../money';
import {
  missing,
  parsed,
  refused,
  withMore,
  MAX_FAULTS,
  type FieldError,
  type Parsed,
} from '../result';
import { secretFaults } from '../secret';
import {
  priceBookOf,
  type ModelPrice,
  type ModelPriceDocument,
  type PriceBook,
  type PriceBookDocument,
} from './price-book';
import { MOST_TOKENS } from './usage';

/**
 * The largest book, in bytes of its JSON. It is one record of the log, and a broker takes records of 1 MiB unless it is
 * told otherwise.
 */
export const MOST_PRICES_BYTES = 512 * 1024;

const PRICE = /^(?:0|[1-9]\d{0,7})(?:\.\d{1,6})?$/;
/** A price stands for a million tokens. */
const TOKENS_PER_PRICE = 1_000_000n;
const BOOK_MEMBERS = ['version', 'currency', 'models'];
const PRICE_MEMBERS = [
  'input',
  'cachedInput',
  'cacheWrite',
  'output',
  'reasoning',
  'perRequest',
] as const;
const MODEL_MEMBERS: readonly string[] = ['match', 'from', 'maxOutput', ...PRICE_MEMBERS];

const NO_MEMBER = 'is no member of a price book';
type PriceMember = (typeof PRICE_MEMBERS)[number];

export interface PriceBookRules {
  /** The ledger's, which every price has to be in; `undefined`: any. */
  readonly currency?: string;
}

/** Reads a price book as an operator writes it, a tree of JSON; reports every faulty member by its path. */
export function parsePriceBook(value: unknown, rules: PriceBookRules): Parsed<PriceBook> {
  if (!isObject(value)) return refused('', 'object', 'must be version, currency and models');
  const faults = new Faults();
  faults.addAll(strangersOf(value, BOOK_MEMBERS, '', NO_MEMBER));
  faults.addAll(secretFaults(value, ''));
  const version = faults.take(parseId(value['version'], 'version'));
  const currency = faults.take(parseCurrency(value['currency'], rules.currency));
  const models = faults.take(parseModels(value['models']));
  if (faults.found > 0) return faults.refused();
  const document: PriceBookDocument = {
    version: version!,
    currency: currency!,
    models: models!.map(printModel),
  };
  const bytes = Buffer.byteLength(JSON.stringify(document));
  if (bytes > MOST_PRICES_BYTES) {
    return refused('models', 'size', `must be at most ${MOST_PRICES_BYTES} bytes as JSON`);
  }
  return parsed(
    priceBookOf(
      document,
      models!.map(({ price }) => price),
    ),
  );
}

interface GivenModel {
  readonly price: ModelPrice;
  readonly given: ReadonlySet<string>;
}

function parseModels(value: unknown): Parsed<readonly GivenModel[]> {
  if (value === undefined) return missing('models');
  if (!Array.isArray(value) || value.length === 0) {
    return refused('models', 'list', 'must be a list of at least one model');
  }
  const faults = new Faults();
  const models: GivenModel[] = [];
  const seen = new Map<string, number>();
  for (const [n, given] of (value as unknown[]).entries()) {
    const model = faults.take(parseModel(given, `models[${n}]`));
    if (model === undefined) continue;
    const key = `${model.price.from ?? ''} ${model.price.match}`;
    const first = seen.get(key);
    if (first !== undefined) {
      faults.add({
        field: `models[${n}].match`,
        rule: 'unique',
        message: `and its from are those of models[${first}]`,
      });
    }
    seen.set(key, first ?? n);
    models.push(model);
  }
  return faults.found > 0 ? faults.refused() : parsed(models);
}

function parseModel(value: unknown, field: string): Parsed<GivenModel> {
  if (!isObject(value)) return refused(field, 'object', 'must be an object with match and prices');
  const faults = new Faults();
  faults.addAll(strangersOf(value, MODEL_MEMBERS, field, NO_MEMBER));
  const match = faults.take(parseId(value['match'], `${field}.match`));
  const from =
    value['from'] === undefined
      ? undefined
      : faults.take(parseFrom(value['from'], `${field}.from`));
  const maxOutput = faults.take(parseMaxOutput(value['maxOutput'], `${field}.maxOutput`));
  const prices: Partial<Record<PriceMember, bigint>> = {};
  for (const name of PRICE_MEMBERS) {
    if (value[name] === undefined && name !== 'input' && name !== 'output') continue;
    const price = faults.take(parsePrice(value[name], `${field}.${name}`));
    if (price !== undefined) prices[name] = price;
  }
  if (faults.found > 0) return faults.refused();
  const price: ModelPrice = {
    match: match!,
    ...(from !== undefined && { from }),
    ...withDefaults(prices as Prices),
    ...(maxOutput !== undefined && { maxOutput }),
  };
  return parsed({ price, given: new Set(Object.keys(prices)) });
}

type Prices = Readonly<Partial<Record<PriceMember, bigint>> & Record<'input' | 'output', bigint>>;

function withDefaults(prices: Prices): Omit<ModelPrice, 'match' | 'from' | 'maxOutput'> {
  const perToken = (price: bigint) => price / TOKENS_PER_PRICE;
  return {
    inputPico: perToken(prices.input),
    cachedInputPico: perToken(prices.cachedInput ?? prices.input),
    cacheWritePico: perToken(prices.cacheWrite ?? prices.input),
    outputPico: perToken(prices.output),
    reasoningPico: perToken(prices.reasoning ?? prices.output),
    perRequestPico: prices.perRequest ?? 0n,
  };
}

/** A hold's id says when it was taken to the millisecond, and from that its price is found again. */
function parseFrom(value: unknown, field: string): Parsed<Instant> {
  const from = parseInstant(value, field);
  return from.ok && from.value % 1000n !== 0n
    ? refused(field, 'millisecond', 'must be a whole millisecond')
    : from;
}

function parsePrice(value: unknown, field: string): Parsed<bigint> {
  if (value === undefined) return missing(field);
  if (typeof value !== 'string' || !PRICE.test(value)) {
    return refused(
      field,
      'price',
      'must be a decimal string in quotes of at most 8 digits before and 6 after the point, such as "1.25"',
    );
  }
  return parsed(picoOfDecimal(value));
}

function parseMaxOutput(value: unknown, field: string): Parsed<number | undefined> {
  if (value === undefined) return parsed(undefined);
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MOST_TOKENS) {
    return refused(field, 'tokens', `must be a whole number of tokens from 1 to ${MOST_TOKENS}`);
  }
  return parsed(value as number);
}

function parseCurrency(value: unknown, ledgers: string | undefined): Parsed<string> {
  if (value === undefined) return missing('currency');
  if (typeof value !== 'string' || !/^[A-Z]{3}$/.test(value)) {
    return refused('currency', 'currency', 'must be three capital letters such as "USD"');
  }
  if (ledgers !== undefined && value !== ledgers) {
    return refused('currency', 'currency', `must be ${ledgers}, the currency of the ledger`);
  }
  return parsed(value);
}

function printModel({ price, given }: GivenModel): ModelPriceDocument {
  const perMillion = (name: PriceMember, pico: bigint) =>
    given.has(name) ? { [name]: formatMoney(pico * TOKENS_PER_PRICE) } : {};
  return {
    match: price.match,
    ...(price.from !== undefined && { from: formatInstant(price.from) }),
    input: formatMoney(price.inputPico * TOKENS_PER_PRICE),
    ...perMillion('cachedInput', price.cachedInputPico),
    ...perMillion('cacheWrite', price.cacheWritePico),
    output: formatMoney(price.outputPico * TOKENS_PER_PRICE),
    ...perMillion('reasoning', price.reasoningPico),
    ...(given.has('perRequest') && { perRequest: formatMoney(price.perRequestPico) }),
    ...(price.maxOutput !== undefined && { maxOutput: price.maxOutput }),
  };
}

/** What was found in a tree: the first faults, and how many more there are. */
class Faults {
  found = 0;
  private readonly listed: FieldError[] = [];

  add(fault: FieldError): void {
    this.found += 1 + (fault.more ?? 0);
    if (this.listed.length < MAX_FAULTS) this.listed.push(fault);
  }

  addAll(faults: readonly FieldError[]): void {
    for (const fault of faults) this.add(fault);
  }

  take<T>(result: Parsed<T>): T | undefined {
    if (result.ok) return result.value;
    this.addAll(result.errors);
    return undefined;
  }

  refused(): Parsed<never> {
    const told = this.listed.reduce((sum, { more = 0 }) => sum + 1 + more, 0);
    return { ok: false, errors: withMore(this.listed, this.found - told) };
  }
}
