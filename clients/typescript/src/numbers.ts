const MAY_BE_ZERO = ['maxRetries', 'memoryEntries', 'journalBytes', 'within'];

/** The defaults, and in their place what is given. @throws TypeError that names what is no limit */
export function numbers<T extends object>(defaults: T, given: object = {}, of = ''): T {
  const meant = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of meant) {
    const mayBeZero = MAY_BE_ZERO.includes(name);
    if (typeof value === 'number' && (value > 0 || (mayBeZero && value === 0))) continue;
    const rule = mayBeZero ? '0 or more' : 'above 0';
    throw new TypeError(`${of}${name} must be a number, ${rule}. It is ${String(value)}.`);
  }
  return { ...defaults, ...Object.fromEntries(meant) };
}
