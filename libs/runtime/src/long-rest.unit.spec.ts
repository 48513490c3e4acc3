import { rest } from './long-rest';

const DAY_MS = 86_400_000;

describe('a long rest', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each([24, 25, 30, 400])('lasts %i days', async (days) => {
    let isOver = false;
    const resting = rest(days * DAY_MS, new AbortController().signal).then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(days * DAY_MS - 1);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await resting;
  });

  it('ends with its signal, at any time', async () => {
    const ended = new AbortController();
    const resting = rest(400 * DAY_MS, ended.signal);
    await jest.advanceTimersByTimeAsync(30 * DAY_MS);
    ended.abort();
    await resting;
  });
});
