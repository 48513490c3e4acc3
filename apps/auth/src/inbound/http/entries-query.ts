import {
  parseAccount,
  parseInstant,
  parsePosition,
  type Account,
  type Instant,
  type Position,
} from '#libs/ledger';
import { OptionalMember, ParsedBy } from '#libs/runtime';
import { PageQuery } from './list-query';

/** Which entries are asked for: of one account or of all, with `from <= time < to`. */
export class EntriesQuery extends PageQuery {
  @OptionalMember()
  @ParsedBy(parseAccount)
  account?: Account;

  @OptionalMember()
  @ParsedBy(parseInstant)
  from?: Instant;

  @OptionalMember()
  @ParsedBy(parseInstant)
  to?: Instant;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}
