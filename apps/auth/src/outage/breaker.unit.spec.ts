import { Breaker } from './breaker';

const RETRY_MS = 50;

describe('the breaker', () => {
  let nowMs: number;
  let told: string[];
  let breaker: Breaker;

  beforeEach(() => {
    nowMs = 1000;
    told = [];
    breaker = new Breaker({
      monotonicMs: () => nowMs,
      retryMs: RETRY_MS,
      onOpen: (cause) => told.push(`open: ${String(cause)}`),
      onClose: () => told.push('closed'),
    });
  });

  it('is closed until a question fails, and tells of each change once', () => {
    expect(breaker.isOpen).toBe(false);
    breaker.succeeded();
    breaker.failed('first');
    breaker.failed('second');
    expect(breaker.isOpen).toBe(true);
    breaker.succeeded();
    breaker.succeeded();
    expect(breaker.isOpen).toBe(false);
    expect(told).toEqual(['open: first', 'closed']);
  });

  it('lets nobody find out before the pause is over', () => {
    breaker.failed('gone');
    nowMs += RETRY_MS - 1;
    expect(breaker.startProbe()).toBe(false);
    nowMs += 1;
    expect(breaker.startProbe()).toBe(true);
  });

  it('counts the pause from the last failure', () => {
    breaker.failed('gone');
    nowMs += RETRY_MS;
    breaker.failed('gone');
    expect(breaker.startProbe()).toBe(false);
  });

  it('lets one at a time find out', () => {
    breaker.failed('gone');
    nowMs += RETRY_MS;
    expect([breaker.startProbe(), breaker.startProbe(), breaker.isProbing]).toEqual([
      true,
      false,
      true,
    ]);
    breaker.endProbe();
    expect([breaker.isProbing, breaker.startProbe()]).toEqual([false, true]);
  });

  it('closes by any success, that of the one who found out or of another', () => {
    breaker.failed('gone');
    breaker.succeeded();
    expect(breaker.isOpen).toBe(false);
    breaker.failed('gone');
    nowMs += RETRY_MS;
    breaker.startProbe();
    breaker.succeeded();
    breaker.endProbe();
    expect([breaker.isOpen, breaker.isProbing]).toEqual([false, false]);
  });
});
