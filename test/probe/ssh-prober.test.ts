import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';
import { publicOr } from '../../src/network/public-address.ts';
import { SshProber } from '../../src/probe/ssh-prober.ts';
import type { SshProberOptions } from '../../src/probe/ssh-prober.ts';
import type { ProbeAnswer } from '../../src/lifecycle/reachability.ts';

const LOOPBACK = '127.0.0.1';
const UNTIL_STOPPED = new AbortController().signal;
const isAllowed = publicOr([`${LOOPBACK}/32`]);

/** SSH_MSG_IGNORE with 4 kB, as before encryption: length, padding length, type, a string, padding. */
const IGNORED = Buffer.concat([
  Buffer.from([0, 0, 0x10, 0x14, 10, 2, 0, 0, 0x10, 4]),
  Buffer.alloc(0x1004),
  Buffer.alloc(10),
]);

const servers: Server[] = [];
const sockets = new Set<Socket>();

/** A server on loopback that does this with each connection. Returns its port. */
async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, LOOPBACK, resolve);
  });
  return (server.address() as AddressInfo).port; // a listening TCP server has a port
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) {
    await new Promise((resolve) => server.close(resolve));
  }
});

type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

function newKey(type: KeyType): { private: string; public: string } {
  const { utils } = ssh2;
  const pair =
    type === 'ed25519'
      ? utils.generateKeyPairSync('ed25519')
      : type === 'rsa'
        ? utils.generateKeyPairSync('rsa', { bits: 2048 })
        : utils.generateKeyPairSync('ecdsa', { bits: 256 });
  // ssh2 writes some pairs in a way that it cannot read itself.
  return utils.parseKey(pair.private) instanceof Error ? newKey(type) : pair;
}

interface Served {
  readonly port: number;
  readonly publicKeys: readonly string[];
  readonly logins: string[];
}

/** An SSH server with host keys of these types, which records who tries to log in. */
async function serveSsh(...types: readonly KeyType[]): Promise<Served> {
  const keys = types.map(newKey);
  const logins: string[] = [];
  const ssh = new ssh2.Server({ hostKeys: keys.map((key) => key.private) }, (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      logins.push(context.username);
      context.reject();
    });
  });
  const port = await serve((socket) => {
    ssh.injectSocket(socket);
  });
  return { port, publicKeys: keys.map((key) => key.public.trim()), logins };
}

async function probe(
  port: number,
  {
    host = LOOPBACK,
    hostKey,
    ...options
  }: Partial<SshProberOptions> & { host?: string; hostKey?: string } = {},
): Promise<ProbeAnswer> {
  const prober = new SshProber({ isAllowed, timeoutMs: 20_000, ...options });
  return await prober.probe({ host, port, ...(hostKey === undefined ? {} : { hostKey }) }, UNTIL_STOPPED);
}

function failed(reason: string): unknown {
  return { kind: 'failed', reason };
}

describe('SshProber', () => {
  it.each<KeyType>(['ed25519', 'ecdsa', 'rsa'])(
    'reads a host key of type %s, and does not log in',
    async (type) => {
      const { port, publicKeys, logins } = await serveSsh(type);
      expect(await probe(port)).toEqual({ kind: 'answered', hostKey: publicKeys[0] });
      expect(logins).toEqual([]);
    },
  );

  it('reads the ed25519 key of a server with several, or one of the known type', async () => {
    const { port, publicKeys } = await serveSsh('rsa', 'ecdsa', 'ed25519');
    const [rsa = '', , ed25519 = ''] = publicKeys;
    expect(await probe(port)).toEqual({ kind: 'answered', hostKey: ed25519 });
    expect(await probe(port, { hostKey: rsa })).toEqual({ kind: 'answered', hostKey: rsa });
  });

  it('does not believe a host key that the server cannot prove', async () => {
    const { publicKeys } = await serveSsh('ed25519');
    const stolen = Buffer.from(publicKeys[0]?.split(' ')[1] ?? '', 'base64');
    const own = await serveSsh('ed25519');
    const ownBlob = Buffer.from(own.publicKeys[0]?.split(' ')[1] ?? '', 'base64');
    // Forwards everything, but puts the other key in the place of the server's own.
    const port = await serve((socket) => {
      const upstream = new (socket.constructor as typeof Socket)();
      upstream.on('error', () => undefined);
      sockets.add(upstream);
      upstream.connect(own.port, LOOPBACK);
      socket.pipe(upstream);
      upstream.on('data', (chunk: Buffer) => {
        const at = chunk.indexOf(ownBlob);
        if (at >= 0) stolen.copy(chunk, at);
        socket.write(chunk);
      });
    });
    expect(await probe(port)).toEqual(failed('NotSsh'));
  });

  it.each<[name: string, onConnection: (socket: Socket) => void, reason: string]>([
    ['closes at once', (socket) => socket.destroy(), 'Unreachable'],
    ['ends without a word', (socket) => socket.end(), 'Unreachable'],
    ['answers with HTTP', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'NotSsh'],
    ['sends garbage', (socket) => socket.end(Buffer.alloc(20_000, 0x80)), 'NotSsh'],
    ['closes after its banner', (socket) => socket.end('SSH-2.0-test\r\n'), 'NotSsh'],
    ['speaks version 1', (socket) => socket.end('SSH-1.5-test\r\n'), 'NotSsh'],
    [
      'sends a packet without end',
      (socket) => socket.write('SSH-2.0-test\r\n\x7f\xff\xff\xff' + 'x'.repeat(300_000)),
      'NotSsh',
    ],
    [
      'has a banner without end',
      (socket) => {
        const more = (): void => {
          while (!socket.destroyed && socket.write('Welcome.\r\n'.repeat(100)));
        };
        socket.on('drain', more);
        more();
      },
      'NotSsh',
    ],
    [
      'has one line without end',
      (socket) => {
        const more = (): void => {
          while (!socket.destroyed && socket.write('x'.repeat(1000)));
        };
        socket.on('drain', more);
        more();
      },
      'NotSsh',
    ],
    [
      'sends valid packets without end',
      (socket) => {
        socket.write('SSH-2.0-test\r\n');
        const more = (): void => {
          while (!socket.destroyed && socket.write(IGNORED));
        };
        socket.on('drain', more);
        more();
      },
      'NotSsh',
    ],
  ])('fails with a server that %s', async (_name, onConnection, reason) => {
    expect(await probe(await serve(onConnection))).toEqual(failed(reason));
  });

  it.each<[name: string, onConnection: (socket: Socket) => void]>([
    ['never sends its banner', (socket) => socket.resume()],
    ['stops after its banner', (socket) => socket.write('SSH-2.0-test\r\n')],
  ])('gives up on a server that %s', async (_name, onConnection) => {
    expect(await probe(await serve(onConnection), { timeoutMs: 300 })).toEqual(failed('TimedOut'));
  });

  it('closes the connection when it gives up', async () => {
    const closed: Promise<unknown>[] = [];
    const port = await serve((socket) => {
      closed.push(new Promise((resolve) => socket.on('close', resolve)));
      socket.resume();
    });
    await probe(port, { timeoutMs: 300 });
    expect(closed).toHaveLength(1);
    await Promise.all(closed);
  });

  it('fails where nothing listens', async () => {
    const port = await serve((socket) => socket.destroy());
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    expect(await probe(port)).toEqual(failed('Unreachable'));
  });

  it('gives up on a name whose resolver never answers', async () => {
    const resolve = async (): Promise<readonly string[]> => await new Promise(() => undefined);
    expect(await probe(22, { host: 'instance.example', resolve, timeoutMs: 300 })).toEqual(
      failed('TimedOut'),
    );
  });

  it('rejects when it is stopped', async () => {
    const port = await serve((socket) => socket.resume());
    const stopping = new AbortController();
    const probing = new SshProber({ isAllowed }).probe({ host: LOOPBACK, port }, stopping.signal);
    stopping.abort();
    await expect(probing).rejects.toThrow('abort');
  });

  describe('addresses', () => {
    it.each<[why: string, addresses: readonly string[], reason: string]>([
      ['a private address', ['10.0.0.1'], 'NotAllowed'],
      ['the metadata service', ['169.254.169.254'], 'NotAllowed'],
      ['a private address behind a public one', ['8.8.8.8', '10.0.0.1'], 'NotAllowed'],
      ['a private address before a public one', ['fd00::1', '8.8.8.8'], 'NotAllowed'],
      ['nothing', [], 'Unresolved'],
    ])('connects to no name that stands for %s', async (_why, addresses, reason) => {
      const resolve = async (): Promise<readonly string[]> => await Promise.resolve(addresses);
      expect(await probe(22, { host: 'instance.example', resolve })).toEqual(failed(reason));
    });

    it('reports a name that cannot be resolved', async () => {
      const resolve = async (): Promise<readonly string[]> => await Promise.reject(new Error('ENOTFOUND'));
      expect(await probe(22, { host: 'instance.example', resolve })).toEqual(failed('Unresolved'));
    });

    it('asks for a name once, and connects to what it has checked', async () => {
      const { port, publicKeys } = await serveSsh('ed25519');
      const answers = [[LOOPBACK], ['10.0.0.1']];
      const resolve = async (): Promise<readonly string[]> => await Promise.resolve(answers.shift() ?? []);
      const answer = await probe(port, { host: 'rebinding.example', resolve });
      expect(answer).toEqual({ kind: 'answered', hostKey: publicKeys[0] });
      expect(answers).toHaveLength(1);
    });

    it.each([
      { host: '127.0.0.1', reason: 'NotAllowed' },
      { host: '::1', reason: 'NotAllowed' },
      { host: '::ffff:127.0.0.1', reason: 'NotAllowed' },
      { host: '127.1', reason: 'Unresolved' },
      { host: 'localhost', reason: 'Unresolved' },
    ])('connects to no $host unless a setting allows it: $reason', async ({ host, reason }) => {
      const { port, logins } = await serveSsh('ed25519');
      expect(await probe(port, { host, isAllowed: publicOr([]) })).toEqual(failed(reason));
      expect(logins).toEqual([]);
      expect(sockets.size).toBe(0);
    });

    it('tries the next address of a name if one does not answer', async () => {
      const { port, publicKeys } = await serveSsh('ed25519');
      // Nothing listens there, and the connection is refused.
      const resolve = async (): Promise<readonly string[]> => await Promise.resolve(['127.0.0.2', LOOPBACK]);
      const answer = await probe(port, { host: 'instance.example', resolve, isAllowed: () => true });
      expect(answer).toEqual({ kind: 'answered', hostKey: publicKeys[0] });
    });
  });
});
