import { KnownPaths } from './known-paths';

interface Operation {
  readonly 'x-served-by'?: string;
}

/** Which process serves what is not served here, out of the OpenAPI document. */
export class OtherProcesses {
  private readonly byName = new Map<string, KnownPaths>();

  constructor({ paths = {} }: { readonly paths?: Record<string, Record<string, Operation>> }) {
    for (const [path, operations] of Object.entries(paths)) {
      const url = path.replace(/\{(\w+)\}/g, ':$1');
      for (const [method, { 'x-served-by': name }] of Object.entries(operations)) {
        if (name !== undefined) this.pathsOf(name).add(method.toUpperCase(), url);
      }
    }
  }

  /** The name of the process that takes this method at this path. */
  takerOf(method: string, path: string): string | undefined {
    const asked = method === 'HEAD' ? 'GET' : method;
    return [...this.byName].find(([, paths]) => paths.methodsAt(path).includes(asked))?.[0];
  }

  private pathsOf(name: string): KnownPaths {
    const known = this.byName.get(name) ?? new KnownPaths();
    this.byName.set(name, known);
    return known;
  }
}
