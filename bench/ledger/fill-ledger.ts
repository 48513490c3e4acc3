import type { LedgerProcess } from '#libs/testing';
import type { Recorder } from '../load/recorder';

const BATCHES_UNDER_WAY = 8;
const BATCH_EVENTS = 100;
/** Longer than any fill takes. */
const FOR_EVER_MS = 2 ** 30;

/** Records the first so many events of the mix through ingest's own door. @returns how many */
export async function fillLedger(
  recorder: Recorder,
  ingest: LedgerProcess,
  events: number,
): Promise<number> {
  const { sent } = await recorder.run({
    address: new URL(ingest.httpUrl).host,
    connections: BATCHES_UNDER_WAY,
    eventsEach: BATCH_EVENTS,
    differentEvents: events,
    firstId: 0,
    warmUpMs: 0,
    measureMs: FOR_EVER_MS,
    mostEvents: events,
  });
  return sent;
}
