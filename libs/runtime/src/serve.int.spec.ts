import { call, slow, start, type Toy } from './toy-process.fixture';

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

  it('finishes what is under way, refuses what is new, and is not ready meanwhile', async () => {
    const other = await start();
    const pending = other.ask('GET', '/v1/slow');
    while (slow.release === undefined) await new Promise((resolve) => setImmediate(resolve));
    other.readiness.draining = true;
    expect(await other.ask('GET', '/v1/echo')).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    expect((await other.ask('GET', '/livez')).status).toBe(200);
    expect(await other.ask('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { checks: { shutdown: { ready: false } } },
    });
    const closed = other.close();
    slow.release();
    slow.release = undefined;
    expect((await pending).body).toEqual({ done: true });
    await closed;
    await expect(other.ask('GET', '/livez')).rejects.toThrow();
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
