import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault';
import { correlationIdOfAnswer, framesOf, readRequest } from './frames';
import type { Gate } from './gate';

/** What one connection has to do with the proxy it goes through. */
export interface ProxiedBroker {
  readonly node: number;
  readonly port: number;
  readonly gate: Gate;
  /** All faults of the proxy, in the order they were made. */
  readonly faults: readonly Fault[];
}

/** One client's connection to one broker. */
export class ProxiedConnection {
  private readonly upstream: Socket;
  /** What awaits the answer of a request, by its correlation id. */
  private readonly awaited = new Map<number, Fault>();

  constructor(
    private readonly client: Socket,
    private readonly broker: ProxiedBroker,
  ) {
    this.upstream = connect({ host: '127.0.0.1', port: broker.port, noDelay: true });
    for (const socket of [client, this.upstream]) socket.on('error', () => this.cut());
  }

  /** Resolves when either side, or a fault, has ended the connection. */
  async run(): Promise<void> {
    // Iterating a socket that was cut rejects; that it has ended is all there is to know.
    const ends = [this.forwardRequests(), this.forwardAnswers()].map((forwarding) =>
      forwarding.catch(() => undefined).finally(() => this.cut()),
    );
    await Promise.race(ends);
  }

  cut(): void {
    this.client.destroy();
    this.upstream.destroy();
  }

  private async forwardRequests(): Promise<void> {
    const { node, gate, faults } = this.broker;
    for await (const frame of framesOf(this.client)) {
      await gate.passable();
      const { apiKey, correlationId } = readRequest(frame);
      const fault = faults.find((each) => each.takes(node, apiKey));
      if (fault?.what.kind === 'cut' || fault?.what.kind === 'swallow') {
        fault.struck += 1;
        if (fault.what.kind === 'cut') return;
        continue;
      }
      if (fault) this.awaited.set(correlationId, fault);
      await send(this.upstream, frame);
    }
  }

  private async forwardAnswers(): Promise<void> {
    for await (const frame of framesOf(this.upstream)) {
      await this.broker.gate.passable();
      const correlationId = correlationIdOfAnswer(frame);
      const fault = this.awaited.get(correlationId);
      this.awaited.delete(correlationId);
      if (fault) fault.struck += 1;
      if (fault?.what.kind === 'lose the answer') return;
      if (fault?.what.kind === 'delay the answer') await sleep(fault.what.ms);
      await send(this.client, frame);
    }
  }
}

/** Resolves when it has gone out, or cannot any more. */
function send(socket: Socket, frame: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(frame, () => resolve()));
}
