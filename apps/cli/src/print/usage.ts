import type { Usage } from '#libs/ledger';

const PARTS: readonly (readonly [keyof Usage, string])[] = [
  ['input', 'in'],
  ['cachedInput', 'of it cached'],
  ['cacheWrite', 'of it written to the cache'],
  ['output', 'out'],
  ['reasoning', 'of it reasoning'],
];

/** Such as `1200 in, 1000 of it cached, 300 out`. */
export function printUsage(usage: Usage): string {
  return PARTS.flatMap(([name, words]) =>
    usage[name] === undefined ? [] : [`${usage[name]} ${words}`],
  ).join(', ');
}
