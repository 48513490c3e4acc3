import { showName } from '#libs/json';
import { type FieldFault } from '../problem';
import { asItIs } from '../redact';
import { invalid } from './invalid';
import { type DtoClass, readBody, type ReadOptions } from './read-body';

/**
 * A query string's parameters as an instance of their class; each is a string.
 * @throws Problem `invalid`, also for a parameter that stands twice (rule `single`)
 */
export function readQuery<T extends object>(
  dtoClass: DtoClass<T>,
  query: unknown,
  options: ReadOptions = {},
): T {
  const parameters = Object.entries((query ?? {}) as Record<string, unknown>);
  const errors: FieldFault[] = parameters
    .filter(([, value]) => typeof value !== 'string')
    .map(([name]) => ({
      field: showName(name, options.redact ?? asItIs),
      rule: 'single',
      message: 'stands more than once in the query',
    }));
  if (errors.length > 0) throw invalid(errors);
  return readBody(dtoClass, query ?? {}, options);
}

class NoParameters {}

/**
 * For paths without parameters: to ignore a query would be to ignore what the caller asked for.
 * @throws Problem `invalid`
 */
export function refuseQuery(query: unknown, options: ReadOptions = {}): void {
  if (Object.keys(query ?? {}).length > 0) readQuery(NoParameters, query, options);
}
