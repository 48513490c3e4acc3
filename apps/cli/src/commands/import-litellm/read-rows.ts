import type { PreparedStatement } from '#libs/postgres';
import type { LitellmDatabase } from './litellm-database';
import { LABEL_COLUMNS, type LabelSource } from './label-sources';
import type { LogRow } from './log-row';
import { SPEND_LOGS } from './tables';

/** Where a reading of the log is: behind this row, in the order of the index that LiteLLM has. */
export interface Cursor {
  /** A timestamp, as it is compared: text would put `00:00:00` after `00:00:00.001`. */
  readonly startTime: string;
  readonly requestId: string;
}

/** Before the first row; -infinity is no time of a call. */
export const FROM_THE_FIRST: Cursor = { startTime: '-infinity', requestId: '' };

/** Longer lists of tags are left in LiteLLM. */
const MOST_TAG_BYTES = 64 * 1024;

/** Reads rows in pages, never their prompts, answers or addresses. */
export class LogReader {
  private readonly statement: PreparedStatement;

  constructor(
    private readonly litellm: LitellmDatabase,
    private readonly most: number,
    /** Rows that began before it; `infinity` for all. */
    private readonly until: string,
    labels: readonly LabelSource[],
  ) {
    this.statement = { name: 'litellm-log', text: statementFor(litellm, labels) };
  }

  async after({ startTime, requestId }: Cursor): Promise<LogRow[]> {
    const { database } = this.litellm;
    const values = [startTime, requestId, this.until, this.most];
    return (await database.prepared<Columns>(this.statement, values)).map(rowOf);
  }
}

type Columns = readonly [
  requestId: string,
  startTime: string,
  endTime: string,
  spend: string,
  apiKey: string | null,
  teamId: string | null,
  userId: string | null,
  modelGroup: string | null,
  model: string | null,
  provider: string | null,
  callType: string | null,
  status: string | null,
  cacheHit: string | null,
  totalTokens: number | null,
  promptTokens: number | null,
  completionTokens: number | null,
  callId: string | null,
  endUser: string | null,
  keyAlias: string | null,
  tags: string | null,
  labelTexts: readonly (string | null)[],
  isReckoned: boolean,
  isUnpriced: boolean,
  isLive: boolean,
];

/** Conditions on a row of the log, for every statement that reads it. */
export const IS_LIVE = `coalesce(log.metadata #> '{spend_logs_metadata,spend_ledger}', 'null') <> 'null'`;

function statementFor(litellm: LitellmDatabase, labels: readonly LabelSource[]): string {
  const own = (column: string, type = 'text') => litellm.column(SPEND_LOGS, 'log', column, type);
  const price = (name: string) =>
    `log.metadata #>> '{model_map_information,model_map_value,${name}_cost_per_token}'`;
  return `
    select log.request_id, log."startTime"::text, log."endTime"::text, log.spend::text,
      log.api_key, ${own('team_id')}, log."user", ${own('model_group')}, log.model,
      ${own('custom_llm_provider')}, log.call_type,
      case when 'failure' in (log.metadata ->> 'status', ${own('status')}) then 'failure'
        else coalesce(${own('status')}, log.metadata ->> 'status') end, log.cache_hit,
      log.total_tokens, log.prompt_tokens, log.completion_tokens,
      coalesce(nullif(${own('litellm_call_id')}, ''), log.metadata ->> 'litellm_call_id'),
      ${own('end_user')}, log.metadata ->> 'user_api_key_alias',
      case when pg_column_size(${own('request_tags', 'jsonb')}) <= ${MOST_TAG_BYTES}
        then ${own('request_tags', 'jsonb')}::text end,
      array[${labels.map((source) => labelText(litellm, source)).join(', ')}]::text[],
      coalesce(log.metadata ->> 'billed_retry_attempt' = 'true', false)
        or coalesce(log.metadata #>> '{error_information,error_class}' = 'ClientDisconnected', false),
      ${price('input')} is null and ${price('output')} is null,
      ${IS_LIVE}
    from "${SPEND_LOGS}" log
    where (log."startTime", log.request_id) > ($1::timestamp, $2) and log."startTime" < $3::timestamp
    order by log."startTime", log.request_id limit $4`;
}

/** What is no text and no number is no label. */
function labelText(litellm: LitellmDatabase, { from, path }: LabelSource): string {
  if (from === 'tags') return 'null';
  const inMetadata = (way: readonly string[]) => {
    const at = `'{${way.join(',')}}'`;
    return `case when jsonb_typeof(log.metadata #> ${at}) in ('string', 'number')
        then log.metadata #>> ${at} end`;
  };
  if (from === 'metadata') return inMetadata(path);
  const [column = ''] = path;
  const own = litellm.column(SPEND_LOGS, 'log', column, 'text');
  return `coalesce(nullif(${own}, ''), ${inMetadata([LABEL_COLUMNS[column]!])})`;
}

function rowOf([
  requestId,
  startTime,
  endTime,
  spend,
  apiKey,
  teamId,
  userId,
  modelGroup,
  model,
  provider,
  callType,
  status,
  cacheHit,
  totalTokens,
  promptTokens,
  completionTokens,
  callId,
  endUser,
  keyAlias,
  tags,
  labelTexts,
  isReckoned,
  isUnpriced,
  isLive,
]: Columns): LogRow {
  return {
    requestId,
    startTime,
    endTime,
    spend,
    apiKey,
    teamId,
    userId,
    modelGroup,
    model,
    provider,
    callType,
    status,
    cacheHit,
    totalTokens,
    promptTokens,
    completionTokens,
    callId,
    endUser,
    keyAlias,
    tags,
    labelTexts,
    isReckoned,
    isUnpriced,
    isLive,
  };
}
