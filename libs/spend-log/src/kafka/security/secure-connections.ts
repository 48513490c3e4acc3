import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { ISocketFactory, SASLOptions } from 'kafkajs';
import type { KafkaSasl, KafkaTls } from './kafka-security';
import { readPassword, readTlsFiles } from './read-security-files';

const KEEP_ALIVE_MS = 60_000;

/** In place of kafkajs' own sockets, which would go on with what the files had in them at the start. */
export function tlsSockets(tls: KafkaTls): ISocketFactory {
  return ({ host, port, onConnect }) => {
    const socket = connect(
      {
        host,
        port,
        minVersion: 'TLSv1.2',
        // Said, lest the environment says otherwise for all of Node.
        rejectUnauthorized: true,
        ...(isIP(host) === 0 && { servername: host }),
        ...readTlsFiles(tls),
      },
      onConnect,
    );
    return socket.setKeepAlive(true, KEEP_ALIVE_MS);
  };
}

/** kafkajs takes the password from here each time it is asked for one. */
export function saslOptions({ mechanism, username, passwordFile }: KafkaSasl): SASLOptions {
  return {
    mechanism,
    username,
    get password() {
      return readPassword(passwordFile);
    },
  } as SASLOptions;
}
