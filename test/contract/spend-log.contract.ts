import { appending } from './appending';
import { halting } from './halting';
import type { Interference, MakeLog } from './log-under-test';
import { readingAlone } from './reading-alone';
import { resuming } from './resuming';
import { sharing } from './sharing';

/** What every adapter of the `SpendLog` port promises; each runs this one contract on the real thing. */
export function spendLogContract(name: string, makeLog: MakeLog, can: Interference): void {
  describe(`the log in ${name}`, () => {
    describe('appends', () => appending(makeLog, can));
    describe('is read on', () => resuming(makeLog));
    describe('is read alone', () => readingAlone(makeLog));
    describe('shares its partitions', () => sharing(makeLog));
    describe('halts a partition', () => halting(makeLog, can));
  });
}
