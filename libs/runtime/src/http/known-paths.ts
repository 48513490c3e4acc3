/** Which methods each path is served with, to tell a wrong method from a wrong path. */
export class KnownPaths {
  private readonly methodsByShape = new Map<string, { shape: RegExp; methods: Set<string> }>();

  /** @param url a route as Fastify knows it: `/v1/holds/:id/settle` */
  add(methods: string | readonly string[], url: string): void {
    const source = url.split('/').map(segmentPattern).join('/');
    const entry = this.methodsByShape.get(source) ?? {
      shape: new RegExp(`^${source}$`),
      methods: new Set<string>(),
    };
    for (const method of [methods].flat()) entry.methods.add(method);
    this.methodsByShape.set(source, entry);
  }

  readonly methodsAt = (path: string): readonly string[] => {
    const methods = new Set<string>();
    for (const entry of this.methodsByShape.values()) {
      if (entry.shape.test(path)) entry.methods.forEach((method) => methods.add(method));
    }
    return [...methods].sort();
  };
}

const segmentPattern = (segment: string): string =>
  segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
