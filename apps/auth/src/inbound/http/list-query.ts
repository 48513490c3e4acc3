import { IsString } from 'class-validator';
import { parsed, refused } from '#libs/ledger';
import { OptionalMember, Parsed, type ParsedValue } from '#libs/runtime';

/** What lists are asked with (AIP-158). */
export class ListQuery {
  @OptionalMember()
  @IsString()
  account?: string;

  @OptionalMember()
  @Parsed(parsePageSize)
  pageSize?: number;

  @OptionalMember()
  @IsString()
  pageToken?: string;
}

export function parsePageSize(value: unknown, field: string): ParsedValue {
  return typeof value === 'string' && /^\d{1,9}$/.test(value)
    ? parsed(Number(value))
    : refused(field, 'whole_number', 'must be a whole number, not below zero');
}
