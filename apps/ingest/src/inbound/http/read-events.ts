import { accepted, isJsonType, mediaTypeOf, parseJson, Problem, type Turns } from '#libs/runtime';
import { EVENT_DATA, JSON_BODY, readGivenEvent, REQUEST_LIMITS, type CloudEvent } from '#libs/wire';
import { binaryAttributes } from './binary-attributes';
import { eventTooLarge } from '../event-too-large';
import { readBatch, type BatchEntry } from './read-batch';

/** What a producer posted: one event, or a batch of what should be events. */
export type PostedEvents =
  | { readonly mode: 'single'; readonly event: CloudEvent }
  | { readonly mode: 'batch'; readonly entries: readonly BatchEntry[] };

/**
 * Reads CloudEvents in the modes of their HTTP binding: structured, batch, binary.
 * @throws Problem `unsupported_media_type`, `too_large`, `invalid`
 */
export async function readPostedEvents(
  rawHeaders: readonly string[],
  contentType: string | undefined,
  body: Buffer | undefined,
  turns: Turns,
): Promise<PostedEvents> {
  const mediaType = mediaTypeOf(contentType);
  if (!mediaType.isUtf8) throw unsupported();
  if (mediaType.type === 'application/cloudevents-batch+json') {
    return { mode: 'batch', entries: await readBatch(body, turns) };
  }
  if ((body?.length ?? 0) > REQUEST_LIMITS.eventBytes) throw eventTooLarge();
  if (mediaType.type === 'application/cloudevents+json') {
    return { mode: 'single', event: accepted(readGivenEvent(parseJson(body, JSON_BODY))) };
  }
  const attributes = binaryAttributes(rawHeaders);
  if (Object.keys(attributes).length === 0 || !isJsonType(mediaType)) throw unsupported();
  const data = parseJson(body, EVENT_DATA);
  // The binding says the type of the data once, in content-type; a second word must not contradict it.
  return {
    mode: 'single',
    event: { attributes: { datacontenttype: mediaType.type, ...attributes }, data },
  };
}

function unsupported(): Problem {
  return new Problem(
    'unsupported_media_type',
    'Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce-* headers, in UTF-8.',
  );
}
