import { IsString } from 'class-validator';
import { parsed, refused } from '#libs/ledger';
import { OptionalMember, ParsedBy, type ParsedValue } from '#libs/runtime';

/** What every list is asked with (AIP-158). */
export class PageQuery {
  @OptionalMember()
  @ParsedBy(parsePageSize)
  pageSize?: number;

  @OptionalMember()
  @IsString()
  pageToken?: string;
}

/** Lists of what accounts have. */
export class ListQuery extends PageQuery {
  @OptionalMember()
  @IsString()
  account?: string;
}

function parsePageSize(value: unknown, field: string): ParsedValue {
  return typeof value === 'string' && /^\d{1,9}$/.test(value)
    ? parsed(Number(value))
    : refused(field, 'whole_number', 'must be a whole number, not below zero');
}
