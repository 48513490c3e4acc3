import { redactSecrets, type FieldError } from '#libs/ledger';
import { accepted, invalid, parseJson, Problem } from '#libs/runtime';
import { JSON_BODY, readStructuredEvent, REQUEST_LIMITS, type CloudEvent } from '#libs/wire';

/** What a producer posted: one event, or a batch of what should be events. */
export type PostedEvents =
  | { readonly mode: 'single'; readonly event: CloudEvent }
  | { readonly mode: 'batch'; readonly entries: readonly unknown[] };

/** A batch's secrets are looked for in each event, so that one refuses its own entry only. */
const BATCH_BODY = { maxDepth: REQUEST_LIMITS.depth + 1, redact: redactSecrets };
const UTF8 = /;\s*charset\s*=\s*"?([^";\s]+)/i;

/**
 * Reads CloudEvents in the modes of their HTTP binding: structured, batch, binary.
 * @throws Problem `unsupported_media_type`, `too_large`, `invalid`
 */
export function readPostedEvents(
  rawHeaders: readonly string[],
  contentType: string | undefined,
  body: Buffer | undefined,
): PostedEvents {
  const mediaType = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const charset = UTF8.exec(contentType ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') throw unsupported();
  if (mediaType === 'application/cloudevents-batch+json') {
    const entries = parseJson(body, BATCH_BODY);
    if (!Array.isArray(entries))
      throw refusedBatch('', 'list', 'must be a JSON array of CloudEvents');
    if (entries.length > REQUEST_LIMITS.batchEvents) {
      throw new Problem('too_large', `A batch has at most ${REQUEST_LIMITS.batchEvents} events.`);
    }
    return { mode: 'batch', entries: entries as unknown[] };
  }
  if ((body?.length ?? 0) > REQUEST_LIMITS.eventBytes) throw tooLarge();
  if (mediaType === 'application/cloudevents+json') {
    return { mode: 'single', event: accepted(readStructuredEvent(parseJson(body, JSON_BODY))) };
  }
  const attributes = binaryAttributes(rawHeaders);
  if (Object.keys(attributes).length === 0 || !/^application\/(.+\+)?json$/.test(mediaType)) {
    throw unsupported();
  }
  const data = parseJson(body, { maxDepth: REQUEST_LIMITS.depth - 1, redact: redactSecrets });
  return {
    mode: 'single',
    event: { attributes: { ...attributes, datacontenttype: mediaType }, data },
  };
}

export function tooLarge(): Problem {
  return new Problem('too_large', `An event is at most ${REQUEST_LIMITS.eventBytes / 1024} KiB.`);
}

/** `ce-*` headers, percent-decoded as the binding says; one that stands twice, or is not ASCII, is refused. */
function binaryAttributes(rawHeaders: readonly string[]): Record<string, string> {
  const attributes: Record<string, string> = {};
  const errors: FieldError[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const header = rawHeaders[i]!.toLowerCase();
    if (!header.startsWith('ce-') || header === 'ce-datacontenttype') continue;
    const name = header.slice('ce-'.length);
    const value = percentDecoded(rawHeaders[i + 1]!);
    if (name in attributes) {
      errors.push({ field: name, rule: 'single', message: `the header ${header} stands twice` });
    } else if (value === undefined) {
      errors.push({
        field: name,
        rule: 'percent_encoded',
        message: `the header ${header} must be ASCII, with everything else percent-encoded as UTF-8`,
      });
    } else {
      attributes[name] = value;
    }
  }
  if (errors.length > 0) throw invalid(errors);
  return attributes;
}

function percentDecoded(value: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(value)) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

function refusedBatch(field: string, rule: string, message: string): Problem {
  return new Problem('invalid', `The body ${message}.`, { errors: [{ field, rule, message }] });
}

function unsupported(): Problem {
  return new Problem(
    'unsupported_media_type',
    'Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce-* headers, in UTF-8.',
  );
}
