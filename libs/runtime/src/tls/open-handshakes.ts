import { type Server } from 'node:http';
import { type Socket } from 'node:net';

/**
 * Ends the connections of a TLS server that have not come to a request yet: Node counts them among those that a
 * closing server waits for, and not among the idle ones that it can be told to close.
 */
export function handshakesOf(server: Server): { readonly cut: () => void } {
  const open = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    open.set(name, socket);
    socket.once('close', () => open.delete(name));
  });
  server.on('secureConnection', (socket: Socket) => open.delete(nameOf(socket)));
  return { cut: () => open.forEach((socket) => socket.destroy()) };
}

/** Of its other end: the TLS socket is not the one it was made of. */
const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
