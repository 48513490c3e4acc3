/** Over how long the speed is taken: long enough to be steady, short enough to be that of now. */
const OVER_MS = 10_000;
/** Before that nothing is known. */
const LEAST_MS = 2000;
const BAR = 24;

interface Sample {
  readonly atMs: number;
  readonly done: number;
  readonly of: number;
}

/** How long it will take, by how fast it has come nearer lately: what arrives meanwhile counts against it. */
export class Estimate {
  private readonly samples: Sample[] = [];

  add(sample: Sample): void {
    this.samples.push(sample);
    const since = sample.atMs - OVER_MS;
    while (this.samples.length > 2 && this.samples[1]!.atMs <= since) this.samples.shift();
  }

  print(): string {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || !last) return '';
    const share = last.of === 0 ? 1 : last.done / last.of;
    const full = Math.floor(share * BAR);
    const bar = `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}]`;
    const percent = `${Math.floor(share * 100)}%`.padStart(4);
    const seconds = (last.atMs - first.atMs) / 1000;
    const perSecond = seconds > 0 ? Math.round((last.done - first.done) / seconds) : 0;
    return `${bar}${percent}  ${last.done} of ${last.of} records, ${perSecond}/s, ${this.left(first, last)}`;
  }

  private left(first: Sample, last: Sample): string {
    const [before, now] = [first.of - first.done, last.of - last.done];
    if (now === 0) return 'all read';
    if (last.atMs - first.atMs < LEAST_MS) return 'estimating the time left';
    if (before <= now) return 'time left unknown';
    return `about ${printSeconds((now * (last.atMs - first.atMs)) / (before - now) / 1000)} left`;
  }
}

function printSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
