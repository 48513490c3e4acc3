import { JsonArrayCutter, readJson } from '#libs/json';
import type { FieldError } from '#libs/ledger';
import { invalid, parseJson, Problem, type Turns } from '#libs/runtime';
import { eventTooLarge } from '../event-too-large';
import { JSON_BODY, readGivenEvent, REQUEST_LIMITS, type CloudEvent } from '#libs/wire';

/** An entry of a batch: an event, or why it is none. */
export type BatchEntry =
  | { readonly ok: true; readonly event: CloudEvent }
  | { readonly ok: false; readonly problem: Problem };

/** Faults that say of an entry that it is no JSON text at all, and so of the whole body. */
const OF_THE_WHOLE: ReadonlySet<string> = new Set(['json', 'utf8']);

/**
 * Reads a batch entry by entry, so that a bad one is refused alone, whatever is bad about it.
 * @throws Problem `invalid` for what is not a JSON array, `too_large` for too many entries
 */
export async function readBatch(body: Buffer | undefined, turns: Turns): Promise<BatchEntry[]> {
  const cutter = new JsonArrayCutter(body ?? NOTHING, REQUEST_LIMITS.batchEvents);
  const items: Uint8Array[] = [];
  await turns.each(cutter.items(), (item) => item && items.push(item));
  const entries: BatchEntry[] = [];
  switch (cutter.outcome) {
    case 'items':
      await turns.each(items, (item, index) => entries.push(readEntry(item, index)));
      return entries;
    case 'too_many':
      throw new Problem('too_large', `A batch has at most ${REQUEST_LIMITS.batchEvents} events.`);
    case 'no_array':
      // The fault of a short body is named; a long body would take long to read.
      if (body === undefined || body.length <= REQUEST_LIMITS.eventBytes)
        parseJson(body, JSON_BODY);
      throw invalid([{ field: '', rule: 'list', message: 'must be a JSON array of CloudEvents' }]);
  }
}

const NOTHING = new Uint8Array(0);

function readEntry(text: Uint8Array, index: number): BatchEntry {
  if (text.length > REQUEST_LIMITS.eventBytes) return { ok: false, problem: eventTooLarge() };
  const tree = readJson(text, JSON_BODY);
  if (!tree.ok) return refused(tree.errors, index);
  const event = readGivenEvent(tree.value);
  return event.ok ? { ok: true, event: event.value } : refused(event.errors, index);
}

function refused(errors: readonly FieldError[], index: number): BatchEntry {
  const ofTheWhole = errors.filter(({ rule }) => OF_THE_WHOLE.has(rule));
  if (ofTheWhole.length === 0) return { ok: false, problem: invalid(errors) };
  throw invalid(ofTheWhole.map((error) => ({ ...error, field: `[${index}]` })));
}
