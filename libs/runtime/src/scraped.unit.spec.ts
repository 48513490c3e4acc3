import { Scraped } from './scraped';

const ENDLESS_MS = 2 ** 31 - 1;

describe('what a scrape reads elsewhere', () => {
  it('is read once for all who ask at the same time, and anew for the next', async () => {
    let looks = 0;
    const scraped = new Scraped(() => Promise.resolve(++looks), ENDLESS_MS);
    expect(await Promise.all([scraped.read(), scraped.read()])).toEqual([1, 1]);
    expect(await scraped.read()).toBe(2);
  });

  it('is left out where it fails', async () => {
    const scraped = new Scraped(() => Promise.reject(new Error('gone')), ENDLESS_MS);
    expect(await scraped.read()).toBeUndefined();
  });

  it('is left out where it takes too long, and not asked for again meanwhile', async () => {
    let looks = 0;
    let answer: (value: string) => void = () => undefined;
    const look = () => {
      looks += 1;
      return new Promise<string>((resolve) => (answer = resolve));
    };
    const scraped = new Scraped(look, 1);
    expect([await scraped.read(), await scraped.read(), looks]).toEqual([undefined, undefined, 1]);
    const reading = scraped.read();
    answer('at last');
    expect([await reading, looks]).toEqual(['at last', 1]);
    expect([await scraped.read(), looks]).toEqual([undefined, 2]);
  });
});
