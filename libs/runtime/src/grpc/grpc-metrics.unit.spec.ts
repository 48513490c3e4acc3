import { Registry } from 'prom-client';
import { GrpcMetrics } from './grpc-metrics';

describe('what is counted of gRPC calls', () => {
  let registry: Registry;
  let metrics: GrpcMetrics;

  beforeEach(() => {
    registry = new Registry();
    metrics = new GrpcMetrics(registry);
  });

  it('goes into the bucket of its time, and all above it', async () => {
    for (const seconds of [0.0005, 0.001, 0.03, 60]) metrics.count('/s/M', 0, seconds);
    const text = await registry.metrics();
    const counts = [...text.matchAll(/le="([^"]+)",.*grpc_code="OK"\} (\d+)/g)];
    expect(Object.fromEntries(counts.map(([, le, count]) => [le, Number(count)]))).toMatchObject({
      '0.001': 2,
      '0.025': 2,
      '0.05': 3,
      '10': 3,
      '+Inf': 4,
    });
  });

  it('is told by the code in words, and by its number under the old name', async () => {
    metrics.count('/a.b.Service/Method', 16, 0);
    const text = await registry.metrics();
    expect(text).toContain(
      'handling_seconds_count{grpc_service="a.b.Service",grpc_method="Method",grpc_code="UNAUTHENTICATED"} 1',
    );
    expect(text).toContain('handled_total{grpc_method="/a.b.Service/Method",grpc_code="16"} 1');
  });

  it('does not grow with the methods that callers make up', async () => {
    for (let n = 0; n < 10_000; n++) metrics.count(`/made/Up${n}`, 12, 0);
    const text = await registry.metrics();
    expect(text.split('\n').filter((line) => /_count\{/.test(line))).toHaveLength(201);
    expect(text).toContain('handled_total{grpc_method="/other/other",grpc_code="12"} 9800');
  });
});
