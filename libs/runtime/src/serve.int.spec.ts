import { call, slow, speak, start, type Toy } from './toy-process.fixture';

let toy: Toy;
beforeAll(async () => {
  toy = await start();
});
afterAll(() => toy.close());

describe('ops', () => {
  it('is alive, describes itself, and counts', async () => {
    expect((await toy.ask('GET', '/livez')).body).toEqual({ status: 'ok' });
    expect((await toy.ask('GET', '/openapi.json')).body).toEqual({ openapi: '3.1.0' });
    await call(toy, { text: 'hello' });
    const { body } = await toy.ask('GET', '/metrics');
    expect(body['text']).toMatch(/http_request_duration_seconds_count\{.*route="\/livez".*\} \d/);
    expect(body['text']).toContain('grpc_method="/toy.v1.ToyService/Echo",grpc_code="0"');
  });

  it('is ready when each dependency is, and names the one that is not', async () => {
    expect(await toy.ask('GET', '/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready' },
    });
    const states: Record<string, () => Promise<{ ready: boolean }>> = {
      fine: () => Promise.resolve({ ready: true }),
      broken: () => Promise.reject(new Error('password=hunter2')),
      hanging: () => new Promise(() => undefined),
    };
    for (const name of Object.keys(states)) toy.readiness.add(name, () => states[name]!());
    const { status, body } = await toy.ask('GET', '/readyz');
    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: 'not_ready',
      checks: { fine: { ready: true }, broken: { ready: false }, hanging: { ready: false } },
    });
    expect(JSON.stringify(body)).not.toContain('hunter2');
    states['broken'] = states['hanging'] = states['fine']!;
    expect((await toy.ask('GET', '/readyz')).status).toBe(200);
  });
});

describe('starting and stopping', () => {
  it('says in one sentence that a port is taken, and leaves nothing running', async () => {
    const httpPort = Number(new URL(toy.httpUrl).port);
    await expect(start(httpPort)).rejects.toThrow(
      `Another process listens on port ${httpPort} on 127.0.0.1 already; set HTTP_PORT to another one.`,
    );
    const grpcPort = Number(toy.grpcAddress!.split(':')[1]);
    await expect(start(0, grpcPort)).rejects.toThrow(/^Another process .* set GRPC_PORT/);
  });

  it('answers as before while it only says that it goes', async () => {
    const other = await start();
    for (const told of [other.readiness, other.serving]) told.drain();
    for (const path of ['/readyz', '/servez']) {
      expect(await other.ask('GET', path)).toMatchObject({
        status: 503,
        body: { checks: { shutdown: { ready: false } } },
      });
    }
    const echo = await other.ask('POST', '/v1/echo', { body: 'x' });
    expect(echo).toMatchObject({ status: 200, body: { got: 'x' } });
    expect(echo.headers.get('connection')).toBe('keep-alive');
    await other.close();
  });

  it('finishes what is under way, and keeps no connection for more', async () => {
    const other = await start();
    const pending = speak(other.httpUrl, 'GET /v1/slow HTTP/1.1\r\nhost: x\r\n\r\n');
    while (slow.release === undefined) await new Promise((resolve) => setImmediate(resolve));
    const closed = other.close();
    // By then the doors are closed.
    await expect(other.ask('GET', '/livez')).rejects.toThrow();
    slow.release();
    slow.release = undefined;
    const heard = await pending;
    expect(heard).toMatch(/^HTTP\/1.1 200 .*\r\n(.*\r\n)*connection: close\r\n/i);
    expect(heard).toContain('"done":true');
    await closed;
  });

  it('cuts what does not finish in time', async () => {
    const other = await start();
    const pending = other.ask('GET', '/v1/slow');
    pending.catch(() => undefined);
    while (slow.release === undefined) await new Promise((resolve) => setImmediate(resolve));
    slow.release = undefined;
    await Promise.all([other.close(), other.close()]);
    await expect(pending).rejects.toThrow();
  });
});
