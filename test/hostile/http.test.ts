import type { Socket } from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { aCreateRequest, aPodRow, withProvider } from '../prime/builders.ts';
import { withTcpServer } from '../prime/loopback-server.ts';

const always = { mayStillSend: () => true };
const WHOAMI = JSON.stringify({ data: { id: 'u1' } });
const POD = JSON.stringify(aPodRow());
const BLOCK = Buffer.alloc(64 * 1024, 'x');
const LONG = { timeouts: { readMs: 60_000, createMs: 60_000 } };
const TIMEOUTS = { readMs: 4_000, createMs: 4_000 };

/** The action of a server after it has read a request. It writes bytes that no HTTP library would write. */
type Answer = (socket: Socket, body: string) => void;

function head(...lines: readonly string[]): string {
  return [...lines, '', ''].join('\r\n');
}

/** Writes for as long as the other side reads. */
function forEver(socket: Socket, piece: string | Buffer): void {
  const pump = (): void => {
    while (!socket.destroyed && socket.write(piece)) {
      // The buffer has room for more.
    }
  };
  socket.on('drain', pump);
  pump();
}

function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    socket.write(text.charAt(at % text.length));
    at += 1;
  }, 5);
  socket.once('close', () => {
    clearInterval(timer);
  });
}

const BOMB = Buffer.alloc(48 * 1024 * 1024, ' ');
const brotli = brotliCompressSync(BOMB, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

/** A valid answer, in a form that is allowed and rare. */
const ODD: Readonly<Record<string, Answer>> = {
  'HTTP/1.0 without a length': (socket, body) => socket.end(`${head('HTTP/1.0 200 OK')}${body}`),
  'after many early hints': (socket, body) => {
    socket.write(head('HTTP/1.1 103 Early Hints').repeat(50));
    socket.end(`${head('HTTP/1.1 200 OK', 'Connection: close')}${body}`);
  },
  'in chunks of one byte': (socket, body) => {
    socket.write(head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'));
    socket.write('1\r\n \r\n'.repeat(5_000));
    socket.end(`${Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n`);
  },
};

/** Bytes that are not a valid answer. */
const HOSTILE: Readonly<Record<string, Answer>> = {
  'headers without an end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    forEver(socket, 'X-Header: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n');
  },
  'headers that drip': (socket) => {
    drip(socket, 'HTTP/1.1 200 OK\r\nX: ');
  },
  'a body without an end': (socket) => {
    socket.write(head('HTTP/1.1 200 OK'));
    forEver(socket, BLOCK);
  },
  'a body of 100 MB as it says': (socket) => {
    socket.write(head('HTTP/1.1 200 OK', 'Content-Length: 104857600'));
    forEver(socket, BLOCK);
  },
  'a gzip bomb': (socket) => {
    socket.write(head('HTTP/1.1 200 OK', 'Content-Encoding: gzip', 'Connection: close'));
    socket.end(gzipSync(BOMB));
  },
  'a brotli bomb': (socket) => {
    socket.write(head('HTTP/1.1 200 OK', 'Content-Encoding: br', 'Connection: close'));
    socket.end(brotli);
  },
  'a length that is too small': (socket, body) =>
    socket.end(`${head('HTTP/1.1 200 OK', 'Content-Length: 9')}${body}`),
  'a length that is too large': (socket, body) =>
    socket.end(`${head('HTTP/1.1 200 OK', 'Content-Length: 9999')}${body}`),
  'two lengths': (socket, body) =>
    socket.end(`${head('HTTP/1.1 200 OK', 'Content-Length: 9', `Content-Length: ${body.length}`)}${body}`),
  'a length and chunks': (socket, body) =>
    socket.end(`${head('HTTP/1.1 200 OK', 'Content-Length: 9', 'Transfer-Encoding: chunked')}${body}`),
  'another protocol': (socket) =>
    socket.end(head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade')),
  'a promise of an answer that never comes': (socket) => {
    forEver(socket, head('HTTP/1.1 100 Continue'));
  },
};

interface Seen {
  readonly requests: number;
  readonly bytesSent: number;
}

/** Answers each request in this way. `use` gets the address, and the result says what was sent. */
async function withAnswer(answer: Answer, body: string, use: (url: string) => Promise<void>): Promise<Seen> {
  const sockets: Socket[] = [];
  let requests = 0;
  await withTcpServer(
    (socket) => {
      sockets.push(socket);
      let read = '';
      socket.on('data', (bytes) => {
        read += bytes.toString('latin1');
        if (read.includes('\r\n\r\n')) {
          read = '';
          requests += 1;
          answer(socket, body);
        }
      });
    },
    async (port) => {
      await use(`http://127.0.0.1:${port}`);
    },
  );
  return { requests, bytesSent: sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0) };
}

describe('a rare form of a valid answer', () => {
  it.each(Object.entries(ODD))('is read: %s', async (_name, answer) => {
    await withAnswer(answer, WHOAMI, async (url) => {
      expect(await withProvider(url, (p) => p.whoami(), LONG)).toEqual({
        kind: 'ok',
        value: { userId: 'u1' },
      });
    });
    const seen = await withAnswer(answer, POD, async (url) => {
      const outcome = await withProvider(url, (p) => p.createPod(aCreateRequest(), always), LONG);
      expect(outcome).toMatchObject({ kind: 'created', instance: { podId: aPodRow()['id'] } });
    });
    expect(seen.requests).toBe(1);
  });
});

describe('an invalid answer', () => {
  it.each(Object.entries(HOSTILE))(
    'ends the request, and leaves an unknown outcome of a create request that is not sent again: %s',
    async (_name, answer) => {
      await withAnswer(answer, WHOAMI, async (url) => {
        const outcome = await withProvider(url, (p) => p.whoami(), { timeouts: TIMEOUTS });
        expect(outcome).toMatchObject({ kind: 'failure' });
      });
      const seen = await withAnswer(answer, POD, async (url) => {
        const create = async (): Promise<unknown> =>
          await withProvider(url, (p) => p.createPod(aCreateRequest(), always), { timeouts: TIMEOUTS });
        expect(await create()).toMatchObject({ kind: 'unknown' });
      });
      expect(seen.requests).toBe(1);
      // Far less than the server would have sent, apart from what buffers on the way hold.
      expect(seen.bytesSent).toBeLessThan(32 * 1024 * 1024);
    },
  );
});
