import { listenFailure } from './listen-failure';

it.each([
  [
    'listen EADDRINUSE: address already in use',
    'Another process listens on port 80 on h already; set HTTP_PORT to another one.',
  ],
  [
    'listen EACCES: permission denied',
    'This user may not listen on port 80 on h; set HTTP_PORT to another one.',
  ],
  ['something else', 'Cannot listen on port 80 on h; set HTTP_PORT to another one.'],
  ...[
    'listen EADDRNOTAVAIL: address not available',
    'getaddrinfo ENOTFOUND h',
    'Name resolution failed for target dns:h:80',
  ].map((message) => [
    message,
    'HOST is "h", but this machine does not have that address, for example HOST=127.0.0.1.',
  ]),
])('%s: %s', (message, sentence) => {
  expect(listenFailure(new Error(message), 'HTTP_PORT', 'h', 80).message).toBe(sentence);
});
