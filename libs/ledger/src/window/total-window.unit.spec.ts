import fc from 'fast-check';
import { instants, propertyOptions } from '#libs/testing';
import { formatInstant, instantOf } from '../instant';
import { parseWindowRule } from './parse-window-rule';
import { printWindowRule } from './print-window';
import { windowOf } from './window-of';
import type { WindowRule } from './window-rule';

const FROM = instantOf('2026-04-01T00:00:00Z');
const faultOf = (value: unknown) => {
  const rule = parseWindowRule(value, 'window');
  return rule.ok ? 'accepted' : rule.errors.map((error) => `${error.field} ${error.rule}`).join();
};

describe('a window over all time', () => {
  it('is unbounded', () => {
    const rule: WindowRule = { type: 'total' };
    expect(parseWindowRule({ type: 'total' }, 'window')).toEqual({ ok: true, value: rule });
    expect(windowOf(rule, FROM)).toEqual({ start: null, end: null });
    expect(printWindowRule(rule)).toEqual({ type: 'total' });
  });

  it('may begin at an instant, and never ends', () => {
    const given = { type: 'total', from: '2026-04-01T02:00:00+02:00' };
    const rule: WindowRule = { type: 'total', from: FROM };
    expect(parseWindowRule(given, 'window')).toEqual({ ok: true, value: rule });
    expect(windowOf(rule, FROM + 1n)).toEqual({ start: FROM, end: null });
    expect(printWindowRule(rule)).toEqual({ type: 'total', from: '2026-04-01T00:00:00Z' });
  });

  it('is the same after it was printed and read again', () => {
    fc.assert(
      fc.property(instants, (from) => {
        const rule: WindowRule = { type: 'total', from };
        expect(printWindowRule(rule)).toEqual({ type: 'total', from: formatInstant(from) });
        expect(parseWindowRule(printWindowRule(rule), 'window')).toEqual({ ok: true, value: rule });
      }),
      propertyOptions(),
    );
  });

  it.each([
    [{ type: 'total', from: null }, 'window.from rfc3339'],
    [{ type: 'total', from: '2026-04-01' }, 'window.from rfc3339'],
    [{ type: 'total', from: '2026-04-01T00:00:00' }, 'window.from offset'],
    [{ type: 'total', from: 1_775_001_600 }, 'window.from rfc3339'],
    [{ type: 'total', zone: 'Europe/Berlin' }, 'window.zone unknown_member'],
    [{ type: 'total', to: '2026-05-01T00:00:00Z' }, 'window.to unknown_member'],
    [{ type: 'total', end: null }, 'window.end unknown_member'],
    [{}, 'window.type one_of'],
    [{ from: '2026-04-01T00:00:00Z' }, 'window.type one_of'],
    [{ type: 'Total' }, 'window.type one_of'],
    [{ type: 'rolling' }, 'window.type one_of'],
    [{ type: 'constructor' }, 'window.type one_of'],
    [{ type: null }, 'window.type one_of'],
    [{ type: ['total'] }, 'window.type one_of'],
    ['total', 'window object'],
    [null, 'window object'],
    [[{ type: 'total' }], 'window object'],
    [30, 'window object'],
  ])('is not %j', (value, fault) => {
    expect(faultOf(value)).toBe(fault);
  });

  it('takes no type from a member named __proto__', () => {
    expect(faultOf(JSON.parse('{"__proto__":{"type":"total"}}'))).toBe('window.type one_of');
    expect(faultOf(JSON.parse('{"type":"total","__proto__":{}}'))).toBe(
      'window.__proto__ unknown_member',
    );
  });
});
