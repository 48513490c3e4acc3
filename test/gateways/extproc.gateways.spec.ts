/** @needs envoy */
import { callModel, Wiring } from './support/wiring';

jest.setTimeout(120_000);

let wiring: Wiring;
beforeAll(async () => {
  wiring = await Wiring.start();
});
afterAll(() => wiring.stop());

describe.each(['envoy-extproc-als.yaml', 'envoy-extproc.yaml'])('%s', (file) => {
  it('charges JSON', async () => {
    const user = `json-${file}`.replace('.yaml', '');
    const url = await wiring.envoy({ file, gateway: 'extproc' });
    const answer = await callModel(url, {
      headers: { 'x-user': user },
      body: { max_tokens: 100 },
      wanted: { input: 1000, output: 10 },
    });
    console.log(answer.status, answer.text.slice(0, 300), [...answer.headers]);
    await wiring.ledger.hasSpent(`user:${user}`, '0.00135');
  });
  it('charges SSE', async () => {
    const user = `sse-${file}`.replace('.yaml', '');
    const url = await wiring.envoy({ file, gateway: 'extproc' });
    const answer = await callModel(url, {
      headers: { 'x-user': user },
      body: { max_tokens: 100, stream: true },
      wanted: { input: 1000, output: 10 },
    });
    console.log(answer.status, answer.text, [...answer.headers]);
    await wiring.ledger.hasSpent(`user:${user}`, '0.00135');
  });
});
