import { createHash } from 'node:crypto';

/** Numbers that look random and are the same for the same seed and place, whatever was asked before. */
export class Chance {
  constructor(readonly seed: string) {}

  /** @returns 0 <= number < 1 */
  at(...place: readonly (string | number)[]): number {
    const digest = createHash('sha256')
      .update([this.seed, ...place].join('/'))
      .digest();
    return digest.readUInt32BE() / 2 ** 32;
  }

  /** @returns the name in whose share of 1 the number falls, or undefined beyond all of them */
  pick<T extends string>(
    shares: Readonly<Record<T, number>>,
    ...place: readonly (string | number)[]
  ): T | undefined {
    let rest = this.at(...place);
    for (const [name, share] of Object.entries<number>(shares)) {
      if (rest < share) return name as T;
      rest -= share;
    }
    return undefined;
  }
}
