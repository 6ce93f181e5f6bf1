import { once } from 'node:events';
import { createServer } from 'node:net';
import { ServerStartError } from './server-process.ts';

const attempts = 3;

/** A port of the loopback address that nobody listens on right now. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}

/** Starts something on a free port, and on another one if the first was taken meanwhile. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      const lostPort = error instanceof ServerStartError && error.log.includes('address already in use');
      if (!lostPort || attempt === attempts) throw error;
    }
  }
}
