import type { LoadOrder, LoadResult } from '../load/generator';
import type { LoadGenerator } from '../load/load-generator';
import { watchCores, type CoresInUse } from './cores-in-use';

/** What is put under load, and whose CPU time is counted meanwhile. */
export interface Subject {
  readonly name: string;
  /** `host:port` */
  readonly address: string;
  readonly serverPid: number;
  readonly postmasterPid: number | undefined;
}

export interface Sample extends LoadResult {
  readonly perSecond: number;
  readonly cores: CoresInUse;
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly load: Omit<LoadOrder, 'host' | 'port'>;
  readonly onSample: (round: number, subject: Subject, sample: Sample) => void;
}

/**
 * Loads the subjects in turn (A B C A B C …), so that what else the machine does meets all of them alike. A round
 * before the first warms them up and is not counted. @returns the samples of each subject, by round
 */
export async function measureRounds(
  generator: LoadGenerator,
  subjects: readonly Subject[],
  { rounds, load, onSample }: RoundsOptions,
): Promise<Sample[][]> {
  const samples: Sample[][] = subjects.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const sample = await measure(generator, subject, load);
      onSample(round, subject, sample);
      if (round > 0) samples[index]!.push(sample);
    }
  }
  return samples;
}

async function measure(
  generator: LoadGenerator,
  subject: Subject,
  load: RoundsOptions['load'],
): Promise<Sample> {
  const [host, port] = subject.address.split(':') as [string, string];
  let stopWatch: (() => CoresInUse) | undefined;
  const result = await generator.run({ ...load, host, port: Number(port) }, () => {
    stopWatch = watchCores({ ...subject, generatorPid: generator.pid });
  });
  return { ...result, perSecond: result.answers / result.seconds, cores: stopWatch!() };
}
