import { connect, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

/** The connections of one Kafka client, under a spec's thumb: a process that is killed, or asleep. */
export class SocketSwitch {
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  private isFrozen = false;

  readonly factory: ISocketFactory = ({ host, port, onConnect }) => {
    if (this.isCut) throw new Error('cut');
    const socket = connect({ host, port }, onConnect);
    socket.setNoDelay(true);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    if (this.isFrozen) hold(socket);
    return socket;
  };

  /** Ends all connections without a farewell, and lets no new one be made. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Nothing is sent and nothing is heard any more; the connections stay. */
  freeze(): void {
    this.isFrozen = true;
    for (const socket of this.sockets) hold(socket);
  }

  thaw(): void {
    this.isFrozen = false;
    for (const socket of this.sockets) {
      socket.uncork();
      socket.resume();
    }
  }
}

function hold(socket: Socket): void {
  socket.cork();
  socket.pause();
}
