/** One of those that are measured side by side. */
export interface Subject<S> {
  readonly name: string;
  measure(): Promise<S>;
}

export interface Turns<S> {
  readonly rounds: number;
  readonly onSample: (round: number, subject: Subject<S>, sample: S) => void;
}

/**
 * Measures the subjects in turn (A B C A B C …), so that what else the machine does meets all of them alike. A round
 * before the first warms them up and is not counted. @returns the samples of each subject, by round
 */
export async function takeTurns<S>(
  subjects: readonly Subject<S>[],
  { rounds, onSample }: Turns<S>,
): Promise<S[][]> {
  const samples: S[][] = subjects.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const sample = await subject.measure();
      onSample(round, subject, sample);
      if (round > 0) samples[index]!.push(sample);
    }
  }
  return samples;
}
