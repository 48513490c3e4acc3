import type { FieldError } from '#libs/ledger';
import { CommandRefused } from './command-refused';

/** A sentence for each fault of a file that an operator wrote, by the place in it. */
export function refuseFile(path: string, errors: readonly FieldError[]): CommandRefused {
  const sentences = errors.map(({ field, message, more = 0 }) => {
    const place = field === '' ? 'The file' : field;
    return `${path}: ${place} ${message}${more > 0 ? ` (and ${more} more like it)` : ''}.`;
  });
  return new CommandRefused(sentences.join('\n'));
}
