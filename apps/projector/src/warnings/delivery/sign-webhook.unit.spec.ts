import { Webhook } from 'standardwebhooks';
import { webhookHeaders } from './sign-webhook';
import { parseWebhookSecrets } from './webhook-settings';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_c2lnbnMgdGhlIHdhcm5pbmdzIG9mIGEgbGVkZ2Vy';
const secrets = (text: string) => parseWebhookSecrets(text)!;
const now = Math.floor(Date.now() / 1000);

describe('the signature of a webhook', () => {
  it('is the one of the example that Standard Webhooks publishes', () => {
    const content = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampSeconds: 1614265330,
      body: '{"test": 2432232314}',
    };
    expect(webhookHeaders(content, secrets(SECRET))).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it.each([SECRET, OTHER])(
    'satisfies the package of Standard Webhooks, also beside another: %s',
    (one) => {
      const content = { id: 'a-warning', timestampSeconds: now, body: '{"amount":"1.00","é":"✓"}' };
      const headers = webhookHeaders(content, secrets(`${SECRET} ${OTHER}`));
      expect(new Webhook(one).verify(content.body, headers)).toEqual(JSON.parse(content.body));
      const forged = () => new Webhook(one).verify(content.body.replace('1.00', '2.00'), headers);
      expect(forged).toThrow('No matching signature');
    },
  );
});
