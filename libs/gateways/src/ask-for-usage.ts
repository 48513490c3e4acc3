import type { CallBody, CallFacts } from './call-facts';
import { bodyPathsOf, readBody } from './scan-body';

/**
 * The body of a call for a stream that asks for the stream's usage, too: OpenAI's `stream_options.include_usage`.
 * @returns `undefined`: it asks already, is no such call, or cannot be changed because it is cut
 */
export function askForUsage({ body, header, path }: CallFacts): Buffer | undefined {
  if (body === undefined || SAYS_ANYWAY.test(path) || header('anthropic-version') !== undefined) {
    return undefined;
  }
  const valueAt = readBody(body, PATHS);
  if (valueAt(['stream']) !== true || valueAt([...INCLUDE_USAGE]) === true) return undefined;
  return valueAt([OPTIONS]) === undefined ? withOptions(body.bytes) : withMoreOptions(body);
}

const OPTIONS = 'stream_options';
const INCLUDE_USAGE = [OPTIONS, 'include_usage'] as const;
const PATHS = bodyPathsOf([['stream'], [...INCLUDE_USAGE]]);
/** Streams of Anthropic's Messages and OpenAI's Responses say their usage, and refuse to be asked. */
const SAYS_ANYWAY = /\/(?:messages|responses)(?:\?|$)/;

/** At its beginning: also of a body that is cut that is there. */
function withOptions(bytes: Buffer): Buffer {
  const afterBrace = bytes.indexOf('{') + 1;
  const added = Buffer.from(
    `${JSON.stringify({ [OPTIONS]: { include_usage: true } }).slice(1, -1)},`,
  );
  return Buffer.concat([bytes.subarray(0, afterBrace), added, bytes.subarray(afterBrace)]);
}

function withMoreOptions({ bytes, isCut }: CallBody): Buffer | undefined {
  if (isCut) return undefined;
  const body = parseExactly(bytes.toString('utf8'));
  return Buffer.from(
    JSON.stringify({ ...body, [OPTIONS]: { ...(body[OPTIONS] as object), include_usage: true } }),
  );
}

/** Numbers stay as they are written: some have more digits than a double keeps. */
function parseExactly(text: string): Record<string, unknown> {
  const raw = JSON as unknown as { rawJSON(source: string): unknown };
  const keep = (_name: string, value: unknown, { source }: { readonly source: string }) =>
    typeof value === 'number' ? raw.rawJSON(source) : value;
  return JSON.parse(text, keep as Parameters<typeof JSON.parse>[1]) as Record<string, unknown>;
}
