import { eventKeyOf } from './event-key';

describe('the key of an event', () => {
  // Computed with another program: `printf 'gateway-a\0call-1' | sha256sum`.
  it.each([
    ['gateway-a', 'call-1', 'e7974a04-16e6-6bfc-3c30-e6b52d8bcdd0'],
    ['josé', '\u{1f4b8}', 'c8e31572-75f8-1de3-da7a-4fbd40a3e0c2'],
  ])('of source %s and id %s is the first half of a SHA-256, as a UUID', (source, id, key) => {
    expect(eventKeyOf({ source, id })).toBe(key);
  });

  it('tells where the source ends and the id begins', () => {
    const keys = [
      eventKeyOf({ source: 'a', id: 'bc' }),
      eventKeyOf({ source: 'ab', id: 'c' }),
      eventKeyOf({ source: 'bc', id: 'a' }),
    ];
    expect(new Set(keys).size).toBe(3);
  });
});
