import fc, { type Arbitrary } from 'fast-check';
import type { Instant } from '#libs/ledger';

const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;

/** The years 1 to 9999, to the microsecond. */
export const instants: Arbitrary<Instant> = fc
  .tuple(
    fc.bigInt(FIRST_SECOND, LAST_SECOND),
    fc.oneof(fc.constantFrom(0n, 1n, 500_000n, 999_999n), fc.bigInt(0n, 999_999n)),
  )
  .map(([second, micros]) => second * 1_000_000n + micros);
