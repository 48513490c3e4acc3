import { parseWebhookSecrets, parseWebhookUrl } from './webhook-settings';

const base64 = (bytes: number) => Buffer.alloc(bytes, 'x').toString('base64');

describe('the address of a receiver', () => {
  it.each([
    ['https://hooks.example.com/spend?token=a', 'https://hooks.example.com/spend?token=a'],
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000/'],
    ['https://h.example.com/a#b', 'https://h.example.com/a'],
  ])('can be %s', (text, url) => {
    expect(parseWebhookUrl(text)).toEqual({ url, authorization: undefined });
  });

  it('gives its user and password as a header', () => {
    expect(parseWebhookUrl('https://us%40er:p%3Ass@h.example.com/a')).toEqual({
      url: 'https://h.example.com/a',
      authorization: `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`,
    });
  });

  it.each(['hooks.example.com', 'ftp://h/a', 'https://', 'file:///etc/passwd', 'http://%ff@h/'])(
    'cannot be %s',
    (text) => {
      expect(parseWebhookUrl(text)).toBeUndefined();
    },
  );
});

describe('secrets of webhooks', () => {
  it('are one or several', () => {
    const [a, b] = [base64(24), base64(64)];
    expect(parseWebhookSecrets(`whsec_${a}`)).toEqual([Buffer.alloc(24, 'x')]);
    expect(parseWebhookSecrets(`whsec_${a}  whsec_${b}`)).toHaveLength(2);
    expect(parseWebhookSecrets(`whsec_${base64(25).replace(/=+$/, '')}`)).toHaveLength(1);
  });

  it.each([
    '',
    'whsec_',
    base64(24),
    `whsec_${base64(23)}`,
    `whsec_${base64(65)}`,
    `whsec_${base64(24)}!`,
    `whsec_${base64(24)} ${base64(24)}`,
    Array(9)
      .fill(`whsec_${base64(24)}`)
      .join(' '),
  ])('are not %j', (text) => {
    expect(parseWebhookSecrets(text)).toBeUndefined();
  });
});
