import { isLabelName, MOST_LABELS } from '#libs/ledger';
import { fitId, type Renamed } from './fit-id';
import type { LogRow } from './log-row';

/** Where a row says the value of a label; the hook's variable has the same words. */
export interface LabelSource {
  /** Of the label. */
  readonly name: string;
  readonly from: 'column' | 'metadata' | 'tags';
  /** The column, or the way into the metadata, or what a tag begins with. */
  readonly path: readonly string[];
}

/** Columns that say what a call was for, and under which name metadata has the same where they are not there. */
export const LABEL_COLUMNS: Readonly<Record<string, string>> = {
  organization_id: 'user_api_key_org_id',
  project_id: 'user_api_key_project_id',
};

/** Nothing in it has a meaning for SQL. */
const WORD = '[A-Za-z0-9_-]{1,64}';
const SOURCE = new RegExp(
  `^(?:${Object.keys(LABEL_COLUMNS).join('|')}|metadata(?:\\.${WORD}){1,8}|tags\\.${WORD})$`,
);

/**
 * Reads `org=organization_id`, `env=metadata.spend_logs_metadata.env` or `team=tags.team`.
 * @returns a sentence about the first one that cannot be read; it echoes nothing
 */
export function parseLabelSources(given: readonly string[]): readonly LabelSource[] | string {
  if (given.length > MOST_LABELS) return `must be given at most ${MOST_LABELS} times`;
  const sources = given.map((text): LabelSource | undefined => {
    const [, name = '', source = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
    if (!isLabelName(name) || !SOURCE.test(source)) return undefined;
    const [from = '', ...path] = source.split('.');
    if (from === 'metadata' || from === 'tags') return { name, from, path };
    return { name, from: 'column', path: [from] };
  });
  const read = sources.filter((source) => source !== undefined);
  if (read.length < given.length) {
    return 'must be <label>=<source>, where the source is organization_id, project_id, metadata.<path> or tags.<start>';
  }
  const names = new Set(read.map(({ name }) => name));
  return names.size < read.length ? 'must be given once for each label' : read;
}

/** What a row's call was for: all of it is the row's own. `undefined`: the row says nothing of it. */
export function labelsOfRow(
  { labelTexts, tags }: Pick<LogRow, 'labelTexts' | 'tags'>,
  sources: readonly LabelSource[],
  onRenamed?: (renamed: Renamed) => void,
): Readonly<Record<string, string>> | undefined {
  const said = sources.flatMap(({ name, from, path }, n) => {
    const text = from === 'tags' ? tagOf(tags, path[0]!) : labelTexts[n];
    if (text === undefined || text === null || text === '') return [];
    return [[name, fitId(text, `labels.${name}`, onRenamed)] as const];
  });
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

/** Of the first tag that is `<start>:<value>`. */
function tagOf(text: string | null, start: string): string | undefined {
  const tags: unknown = text === null ? [] : JSON.parse(text);
  if (!Array.isArray(tags)) return undefined;
  const found = tags.find(
    (tag): tag is string => typeof tag === 'string' && tag.startsWith(`${start}:`),
  );
  return found?.slice(start.length + 1).trim();
}
