import {
  parseAccount,
  parseInstant,
  parsePosition,
  type Account,
  type Instant,
  type Position,
} from '#libs/ledger';
import { OptionalMember, Parsed } from '#libs/runtime';
import { PageQuery } from './list-query';

/** Which entries are asked for: of one account or of all, with `from <= time < to`. */
export class EntriesQuery extends PageQuery {
  @OptionalMember()
  @Parsed(parseAccount)
  account?: Account;

  @OptionalMember()
  @Parsed(parseInstant)
  from?: Instant;

  @OptionalMember()
  @Parsed(parseInstant)
  to?: Instant;

  @OptionalMember()
  @Parsed(parsePosition)
  minPosition?: Position;
}
