import { connect } from 'node:net';
import type { Answer } from '#libs/testing';

const LIMIT_MS = 10_000;

/**
 * Sends bytes over a socket as they are, for requests that no client would write.
 * @returns the answers that came until the other side hung up
 */
export function speak(url: string, request: string | Uint8Array): Promise<Answer[]> {
  return hear(url, request).then(answersIn);
}

function hear(url: string, request: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(request));
    const chunks: Buffer[] = [];
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`no end after ${LIMIT_MS} ms`)));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

/** Takes a stream of answers apart; each says its content-length, as this ledger's do. */
function answersIn(heard: string): Answer[] {
  const answers: Answer[] = [];
  for (let rest = heard; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n') + 4;
    const [statusLine = '', ...lines] = rest.slice(0, end - 4).split('\r\n');
    const headers = new Headers(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
    );
    const length = Number(headers.get('content-length') ?? '0');
    const body = Buffer.from(rest.slice(end, end + length), 'latin1').toString();
    answers.push({
      status: Number(statusLine.split(' ')[1]),
      headers,
      body: body === '' ? undefined : JSON.parse(body),
    });
    rest = rest.slice(end + length);
  }
  return answers;
}
