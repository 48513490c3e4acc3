import { readConfig } from './config';

const SECRET = 'whsec_c2lnbnMgdGhlIHdhcm5pbmdzIG9mIGEgbGVkZ2Vy';
const URL = 'https://joe:hidden@hooks.example.com/spend';

describe("a projector's environment", () => {
  const webhook = (env: NodeJS.ProcessEnv) => readConfig(env).warnings.webhook;

  it('sends warnings nowhere without an address', () => {
    expect(webhook({})).toBeUndefined();
    expect(webhook({ WARNING_WEBHOOK_SECRET: SECRET })).toBeUndefined();
  });

  it('names a receiver of warnings', () => {
    const env = { WARNING_WEBHOOK_URL: URL, WARNING_WEBHOOK_SECRET: `${SECRET} ${SECRET}` };
    expect(webhook(env)).toMatchObject({
      url: 'https://hooks.example.com/spend',
      authorization: `Basic ${btoa('joe:hidden')}`,
      giveUpAfterMs: 259_200_000,
    });
    expect(webhook(env)?.secrets).toHaveLength(2);
  });

  it.each([
    [
      { WARNING_WEBHOOK_URL: 'joe-hidden', WARNING_WEBHOOK_SECRET: SECRET },
      /^WARNING_WEBHOOK_URL must be/,
    ],
    [{ WARNING_WEBHOOK_URL: URL }, /^WARNING_WEBHOOK_SECRET is not set, but/],
    [
      { WARNING_WEBHOOK_URL: URL, WARNING_WEBHOOK_SECRET: 'hidden' },
      /^WARNING_WEBHOOK_SECRET must be/,
    ],
    [{ WARNING_WEBHOOK_TIMEOUT: 'PT0S' }, /^WARNING_WEBHOOK_TIMEOUT is "PT0S", but/],
    [{ WARNING_WEBHOOK_CONCURRENCY: '0' }, /^WARNING_WEBHOOK_CONCURRENCY is "0", but/],
  ])('is refused in one sentence that echoes nothing: %j', (env, sentence) => {
    let refusal = '';
    try {
      readConfig(env);
    } catch (error) {
      refusal = (error as Error).message;
    }
    expect(refusal).toMatch(sentence);
    expect(refusal).toMatch(/, for example WARNING_WEBHOOK_[A-Z]+=\S+\.$/);
    expect(refusal).not.toMatch(/hidden|\n/);
  });
});
