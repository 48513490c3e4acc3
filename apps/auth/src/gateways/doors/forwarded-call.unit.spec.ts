import { forwardedCall, type ForwardedRequest } from './forwarded-call';

const MOST = 100;
const call = (
  request: Partial<ForwardedRequest>,
  style: 'plain' | 'nginx' = 'plain',
  mostBytes = MOST,
) =>
  forwardedCall(
    { headers: {}, body: undefined, isAuthorizationOfProxy: false, ...request },
    { style },
    mostBytes,
  );
const FORWARDED = { 'x-forwarded-method': 'POST', 'x-forwarded-uri': '/v1/chat?a=1' };
const ORIGINAL = { 'x-original-method': 'GET', 'x-original-uri': '/v1/models' };

describe('a call as a proxy tells of it', () => {
  it('has the method and the path that the proxy of its style sets, whatever a client has sent', () => {
    const headers = { ...FORWARDED, ...ORIGINAL };
    expect(call({ headers })).toMatchObject({ method: 'POST', path: '/v1/chat?a=1' });
    expect(call({ headers }, 'nginx')).toMatchObject({ method: 'GET', path: '/v1/models' });
    expect(call({ headers: ORIGINAL })).toMatchObject({ method: '', path: '' });
    expect(call({ headers: FORWARDED }, 'nginx')).toMatchObject({ method: '', path: '' });
  });

  it('has the client’s authorization, unless it is the proxy’s own', () => {
    const headers = { authorization: 'Bearer key', 'x-user': 'alice' };
    expect(call({ headers }).header('authorization')).toBe('Bearer key');
    const ofProxy = call({ headers, isAuthorizationOfProxy: true });
    expect(ofProxy.header('authorization')).toBeUndefined();
    expect(ofProxy.header('x-user')).toBe('alice');
  });

  it('has ids in UTF-8, and what is none as it came', () => {
    const asLatin1 = (bytes: string) => Buffer.from(bytes).toString('latin1');
    expect(call({ headers: { 'x-user': asLatin1('josé') } }).header('x-user')).toBe('josé');
    expect(call({ headers: { 'x-user': 'jos\xe9' } }).header('x-user')).toBe('jos\xe9');
  });

  it('is as long as the proxy says where it hands no body on', () => {
    const asked = call({ headers: { 'x-original-content-length': '3000' } });
    expect(asked.header('content-length')).toBe('3000');
    expect(asked.body).toBeUndefined();
  });

  it.each<[string, string | undefined, number, boolean]>([
    ['whole', undefined, 10, false],
    ['whole, as its length says', '10', 10, false],
    ['cut by the proxy', '11', 10, true],
    ['longer than is read', undefined, MOST + 1, true],
  ])('knows a body that is %s', (_what, said, bytes, isCut) => {
    const headers = said === undefined ? {} : { 'x-original-content-length': said };
    const asked = call({ headers, body: Buffer.alloc(bytes, ' ') });
    expect(asked.body).toEqual({ bytes: Buffer.alloc(Math.min(bytes, MOST), ' '), isCut });
    expect(asked.header('content-length')).toBe(said ?? String(bytes));
  });
});
