import type { Fault, ScriptedFault } from './scenario';

/** Says what happens to a request: the `nth` that came to this method and path. */
export type DecideFault = (template: string, nth: number) => Fault | undefined;

export function scripted(faults: readonly ScriptedFault[]): DecideFault {
  return (template, nth) => faults.find((fault) => fault.on === template && isAt(fault.nth, nth));
}

/** `"2"`, `"1-5"` or `"1-"`. */
function isAt(range: number | string, nth: number): boolean {
  const [first, last] = String(range).split('-');
  if (last === undefined) return Number(first) === nth;
  return nth >= Number(first) && (last === '' || nth <= Number(last));
}
