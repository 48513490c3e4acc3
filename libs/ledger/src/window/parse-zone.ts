import { missing, parsed, refused, type Parsed } from '../result';
import { zoneNamed } from './local-time';

/** A time zone by its IANA name. */
export function parseZone(value: unknown, field: string): Parsed<string> {
  if (value === undefined) return missing(field);
  const zone = typeof value === 'string' ? zoneNamed(value) : undefined;
  return zone === undefined
    ? refused(field, 'time_zone', 'must be a time zone of the IANA list, such as Europe/Berlin')
    : parsed(zone);
}
