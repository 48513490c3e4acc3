import type { LaneOptions } from '../lanes/lane-options';
import { takeTurns, type Subject } from '../measure/take-turns';
import { figureOf, type Column, type Figure } from '../report';
import type { HoldSample } from './hold-sample';

/** What the rounds gave. */
export interface HoldTurns {
  of(subject: string): readonly HoldSample[];
  figures(columns: readonly Column<HoldSample>[]): Figure[];
}

export async function takeHoldTurns(
  subjects: readonly Subject<HoldSample>[],
  { rounds, say }: Pick<LaneOptions, 'rounds' | 'say'>,
): Promise<HoldTurns> {
  const samples = await takeTurns(subjects, {
    rounds,
    onSample: (round, { name }, { perSecond }) =>
      say(`round ${round || 'to warm up'}: ${name} ${Math.round(perSecond)}/s`),
  });
  return {
    of: (subject) => samples[subjects.findIndex(({ name }) => name === subject)]!,
    figures: (columns) => subjects.map(({ name }, nth) => figureOf(name, samples[nth]!, columns)),
  };
}
