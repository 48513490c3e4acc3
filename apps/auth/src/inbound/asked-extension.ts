import { invalid } from '#libs/runtime';
import type { ExtendRequest } from '../holds/hold-request';

type Extension = Pick<ExtendRequest, 'ttlSeconds' | 'amountPico'>;

/**
 * A request without anything to extend is refused, not ignored.
 * @throws Problem `invalid`
 */
export function askedExtension(extension: Extension, ttlField: string): Extension {
  if (extension.ttlSeconds === undefined && extension.amountPico === undefined) {
    const message = `needs ${ttlField} or amount, or both`;
    throw invalid([{ field: '', rule: 'required', message }]);
  }
  return extension;
}
