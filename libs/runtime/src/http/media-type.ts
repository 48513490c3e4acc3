import { Problem } from '../problem';

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;
const JSON_TYPE = /^application\/(?:[^/\s]+\+)?json$/;

/** A content type without its parameters, in lower case; and whether it says another charset than UTF-8. */
export interface MediaType {
  readonly type: string;
  readonly isUtf8: boolean;
}

export function mediaTypeOf(contentType = ''): MediaType {
  const charset = CHARSET.exec(contentType)?.[1];
  return {
    type: contentType.split(';', 1)[0]!.trim().toLowerCase(),
    isUtf8: charset === undefined || charset.toLowerCase() === 'utf-8',
  };
}

export const isJsonType = ({ type }: MediaType): boolean => JSON_TYPE.test(type);

/**
 * For a body that is JSON: it has to say so. A page of another origin can post a form, a plain text or what has no
 * type without asking first, and JSON not. Without a body there is nothing to say.
 * @throws Problem `unsupported_media_type`
 */
export function requireJson(contentType: string | undefined, body: Buffer | undefined): void {
  if (contentType === undefined && (body === undefined || body.length === 0)) return;
  const given = mediaTypeOf(contentType);
  if (isJsonType(given) && given.isUtf8) return;
  throw new Problem('unsupported_media_type', 'Send application/json, in UTF-8.');
}
