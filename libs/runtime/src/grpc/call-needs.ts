import { type MessageHandler } from '@nestjs/microservices';
import { type Need } from '../access/needs';

/** What each gRPC method needs of its callers, by its path. */
export class CallNeeds {
  /** Health answers everybody, reflection every caller. */
  private readonly byPath = new Map<string, Need>(FOREIGN);

  /**
   * What a handler says of itself.
   * @throws Error if it says nothing
   */
  learn(path: string, { extras }: MessageHandler): void {
    const { need } = (extras ?? {}) as { readonly need?: Need };
    if (!need) throw new Error(`${path} does not say what it needs of its callers`);
    this.byPath.set(path, need);
  }

  of(path: string): Need | undefined {
    return this.byPath.get(path);
  }
}

const FOREIGN: readonly (readonly [string, Need])[] = [
  ...['Check', 'Watch', 'List'].map(
    (method) => [`/grpc.health.v1.Health/${method}`, { roles: [], nothing: true }] as const,
  ),
  ...['v1', 'v1alpha'].map(
    (version) =>
      [`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, { roles: [] }] as const,
  ),
];
