import { isFree, parseFreeCall } from './free-calls';

function free(...patterns: string[]) {
  return {
    patterns: patterns.map((pattern) => {
      const read = parseFreeCall(pattern, 'free');
      if (!read.ok) throw new Error(JSON.stringify(read.errors));
      return read.value;
    }),
  };
}

describe('free calls', () => {
  it.each([
    ['GET *', 'GET', '/anything/../at/all', true],
    ['GET *', 'get', '/x', true],
    ['GET *', 'POST', '/x', false],
    ['* /v1/models*', 'GET', '/v1/models', true],
    ['* /v1/models*', 'POST', '/v1/models/gpt-5?x=1', true],
    ['* /v1/models*', 'POST', '/v1/chat/completions?next=/v1/models', false],
    ['* /v1/*/status', 'GET', '/v1/batches/7/status', true],
    ['* /v1/*/status', 'GET', '/v1/status', false],
    ['* /health', 'GET', '/health?deep', true],
    ['* /health', 'GET', '/healthy', false],
  ])('%s and %s %s: %s', (pattern, method, path, expected) => {
    expect(isFree(free(pattern), method, path)).toBe(expected);
  });

  it.each([
    '/v1/models/../chat/completions',
    '/v1/models/./../chat/completions',
    '/v1/models/%2e%2e/chat/completions',
    '/v1/models/..%2fchat/completions',
    '/v1/models//chat/completions',
    '/v1/models\\..\\chat',
    '/v1/models/..;/chat/completions',
  ])('are none where an upstream may read %s as another path', (path) => {
    expect(isFree(free('* /v1/models*'), 'POST', path)).toBe(false);
  });

  it.each(['GET', '/v1/models', 'GET models', '', 7, 'GET  /a b'])('are not said by %p', (text) => {
    expect(parseFreeCall(text, 'free[0]')).toMatchObject({
      ok: false,
      errors: [{ field: 'free[0]' }],
    });
  });
});
