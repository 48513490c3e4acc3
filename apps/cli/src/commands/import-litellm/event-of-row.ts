import { formatMoney, isSecret, type Scope } from '#libs/ledger';
import { EVENT_TYPES, type CloudEvent } from '#libs/wire';
import { readDouble, roundToPico, type Decimal } from './double';
import { fitId, sha256Of, type Renamed } from './fit-id';
import { labelsOfRow, type LabelSource } from './label-sources';
import { modelOf, type LogRow } from './log-row';
import type { RowOutcome } from './outcome-of-row';
import { instantTextOf } from './timestamp';

/** What becomes of `end_user`: the record is for ever, and it is often a person. */
export type EndUsers = 'drop' | 'hash' | 'keep';

export interface EventRules {
  readonly source: string;
  readonly endUsers: EndUsers;
  readonly labels: readonly LabelSource[];
  /** Tables in partitions name a row by its id and its start. */
  readonly isPartitioned: boolean;
}

const MOST_TAGS = 50;
const MOST_TAG_LENGTH = 100;
/** Of any text of the metadata. */
const MOST_TEXT = 256;
const METADATA_BYTES = 8 * 1024;

/** What stands for a row that becomes an event: all of it is the row's own, so that a second import says the same. */
export function eventOfRow(
  row: LogRow,
  outcome: Exclude<RowOutcome, { skipped: unknown }>,
  scope: Scope,
  rules: EventRules,
  onRenamed?: (renamed: Renamed) => void,
): CloudEvent {
  const cost = 'cost' in outcome ? outcome.cost : undefined;
  const pico = cost && roundToPico(cost);
  const model = modelOf(row);
  const labels = labelsOfRow(row, rules.labels, onRenamed);
  const requestId = row.callId !== null && row.callId !== '' ? row.callId : row.requestId;
  return {
    attributes: {
      specversion: '1.0',
      id: eventIdOf(row, rules, onRenamed),
      source: rules.source,
      type: EVENT_TYPES.spendRecorded,
      time: instantTextOf(row.endTime),
    },
    data: {
      scope,
      ...(pico !== undefined && { amount: formatMoney(pico) }),
      basis: outcome.basis,
      ...(requestId !== '' && { requestId: fitId(requestId, 'requestId', onRenamed) }),
      ...(model !== '' && { model: fitId(model, 'model', onRenamed) }),
      ...(labels && { labels }),
      metadata: { litellm: metadataOf(row, cost && !isWhole(cost, pico!), rules) },
    },
  };
}

export function eventIdOf(
  row: Pick<LogRow, 'requestId' | 'startTime'>,
  { isPartitioned }: Pick<EventRules, 'isPartitioned'>,
  onRenamed?: (renamed: Renamed) => void,
): string {
  if (!isPartitioned) return fitId(row.requestId, 'id', onRenamed);
  const started = new Date(instantTextOf(row.startTime));
  const start = Number.isNaN(started.getTime()) ? row.startTime : started.toISOString();
  return fitId(`${fitId(row.requestId, 'id', onRenamed)}@${start}`, 'id', onRenamed);
}

/** @param isRounded `undefined`: there is no amount */
function metadataOf(row: LogRow, isRounded: boolean | undefined, { endUsers }: EventRules): object {
  const isOdd = isRounded === undefined && readDouble(row.spend)?.units !== 0n;
  const texts = {
    call_type: row.callType,
    model: row.model,
    custom_llm_provider: row.provider,
    status: row.status,
    user_api_key_alias: row.keyAlias,
    spend: isRounded === true || isOdd ? row.spend : null,
    endUser: endUserOf(row.endUser, endUsers),
  };
  const said = {
    ...Object.fromEntries(
      Object.entries(texts).filter(([, text]) => text !== null && text !== '' && !isSecret(text)),
    ),
    total_tokens: row.totalTokens ?? 0,
    prompt_tokens: row.promptTokens ?? 0,
    completion_tokens: row.completionTokens ?? 0,
  };
  const shortened = Object.fromEntries(
    Object.entries(said).map(([name, value]) => [
      name,
      typeof value === 'string' ? [...value].slice(0, MOST_TEXT).join('') : value,
    ]),
  );
  const tags = tagsOf(row.tags);
  while (tags.length > 0) {
    const all = { ...shortened, request_tags: tags };
    if (Buffer.byteLength(JSON.stringify({ litellm: all })) <= METADATA_BYTES) return all;
    tags.pop();
  }
  return shortened;
}

function isWhole(cost: Decimal, pico: bigint): boolean {
  return cost.scale <= 12 || pico * 10n ** BigInt(cost.scale - 12) === cost.units;
}

function endUserOf(endUser: string | null, rule: EndUsers): string | null {
  if (endUser === null || endUser === '' || rule === 'drop') return null;
  return rule === 'hash' ? `sha256:${sha256Of(endUser)}` : endUser;
}

/** The client's own tags: LiteLLM adds what the client's program calls itself. */
function tagsOf(text: string | null): string[] {
  const tags: unknown = text === null ? [] : JSON.parse(text);
  if (!Array.isArray(tags)) return [];
  return tags
    .filter((tag): tag is string => typeof tag === 'string')
    .filter((tag) => !tag.startsWith('User-Agent') && !isSecret(tag))
    .filter((tag) => tag.length <= MOST_TAG_LENGTH)
    .slice(0, MOST_TAGS);
}
