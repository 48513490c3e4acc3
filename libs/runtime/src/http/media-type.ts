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
 * For a body that is JSON whatever it says; it may say nothing, but nothing else. A page of another origin can post
 * a form or a plain text without asking first, and JSON not.
 * @throws Problem `unsupported_media_type`
 */
export function requireJson(contentType: string | undefined): void {
  if (contentType === undefined) return;
  const given = mediaTypeOf(contentType);
  if (isJsonType(given) && given.isUtf8) return;
  throw new Problem('unsupported_media_type', 'Send application/json, in UTF-8.');
}
