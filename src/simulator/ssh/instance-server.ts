import { createServer } from 'node:net';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import { once } from 'node:events';
import { timingSafeEqual } from 'node:crypto';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ParsedKey, Server as SshServer, ServerChannel, Session } from 'ssh2';
import type { Pod } from '../world/pod.ts';
import type { Welcome } from '../world/ssh-welcome.ts';
import { createInstanceHome } from './instance-home.ts';
import type { InstanceHome } from './instance-home.ts';
import { forwardPort, refuseCommand, runCommand } from './run-command.ts';
import type { Kill } from './run-command.ts';
import { serveFiles } from './serve-files.ts';

const LOOPBACK = '127.0.0.1';

interface ServerOptions {
  readonly pod: Pod;
  /** Whether it runs commands on this computer. */
  readonly runsCommands: boolean;
  readonly welcome: () => Welcome;
}

/** The SSH server of one instance: a port and a host key of its own. It accepts the one key that was installed. */
export class InstanceServer {
  readonly port: number;
  readonly #options: ServerOptions;
  readonly #tcp: TcpServer;
  readonly #home: InstanceHome | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #commands = new Set<Kill>();
  #ssh: SshServer;
  #hostKey: string;
  #hostKeyChanges: number;

  private constructor(options: ServerOptions, tcp: TcpServer, home: InstanceHome | undefined) {
    this.#options = options;
    this.#tcp = tcp;
    this.#home = home;
    this.port = (tcp.address() as AddressInfo).port; // a listening TCP server has an address and a port
    [this.#ssh, this.#hostKey] = this.#createSsh();
    this.#hostKeyChanges = options.pod.hostKeyChanges;
    tcp.on('connection', (socket) => {
      this.#receive(socket);
    });
  }

  /** Starts it on a free port of the loopback address. */
  static async start(options: ServerOptions): Promise<InstanceServer> {
    const home = options.runsCommands ? await createInstanceHome(options.pod) : undefined;
    const tcp = createServer();
    tcp.listen({ host: LOOPBACK, port: 0 });
    await once(tcp, 'listening');
    return new InstanceServer(options, tcp, home);
  }

  /** The public host key, as in `known_hosts`: type and base64. */
  get hostKey(): string {
    this.#renewHostKey();
    return this.#hostKey;
  }

  /** Closes every connection, ends every command, and deletes the home. */
  async stop(): Promise<void> {
    const closed = once(this.#tcp, 'close');
    this.#tcp.close();
    for (const kill of this.#commands) {
      kill();
    }
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await closed;
    await this.#home?.remove();
  }

  #receive(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    const welcome = this.#options.welcome();
    this.#renewHostKey();
    if (welcome === 'Serves') {
      this.#ssh.injectSocket(socket);
    } else if (welcome === 'Closes') {
      socket.destroy();
    } else {
      socket.resume();
    }
  }

  #renewHostKey(): void {
    const { hostKeyChanges } = this.#options.pod;
    if (hostKeyChanges !== this.#hostKeyChanges) {
      this.#hostKeyChanges = hostKeyChanges;
      [this.#ssh, this.#hostKey] = this.#createSsh();
    }
  }

  #createSsh(): [SshServer, string] {
    const pair = newKeyPair();
    const server = new ssh2.Server({ hostKeys: [pair.private] }, (connection) => {
      this.#serve(connection);
    });
    return [server, pair.public.trim()];
  }

  #serve(connection: Connection): void {
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      this.#authenticate(context);
    });
    connection.on('ready', () => {
      connection.on('session', (accept) => {
        this.#serveSession(accept());
      });
      connection.on('tcpip', (accept, reject, { destPort }) => {
        if (this.#home === undefined) {
          reject();
        } else {
          forwardPort(destPort, accept, reject);
        }
      });
    });
  }

  #authenticate(context: AuthContext): void {
    const installed = parsedKey(this.#options.pod.installedKey);
    if (context.method !== 'publickey' || installed === undefined) {
      context.reject(['publickey']);
      return;
    }
    const { key, signature, blob } = context;
    const isSameKey = isEqual(key.data, installed.getPublicSSH());
    // A client first asks whether the key would do, without a signature.
    // On a broken signature `verify` returns an error instead of false, which its type does not say.
    const verified: unknown =
      signature === undefined || (blob !== undefined && installed.verify(blob, signature, context.hashAlgo));
    if (isSameKey && verified === true) {
      context.accept();
    } else {
      context.reject(['publickey']);
    }
  }

  #serveSession(session: Session): void {
    const home = this.#home;
    // There is no terminal, but programs that ask for one can go on without.
    session.on('pty', (_accept, reject) => {
      reject();
    });
    session.on('exec', (accept, _reject, { command }) => {
      this.#run(accept(), command);
    });
    session.on('shell', (accept) => {
      this.#run(accept(), undefined);
    });
    session.on('sftp', (accept, reject) => {
      if (home === undefined) {
        reject();
      } else {
        serveFiles(accept(), home.path);
      }
    });
  }

  #run(channel: ServerChannel, command: string | undefined): void {
    if (this.#home === undefined) {
      refuseCommand(channel);
      return;
    }
    const kill = runCommand(this.#home, channel, command);
    this.#commands.add(kill);
    channel.on('close', () => this.#commands.delete(kill));
  }
}

/** ssh2 writes about one key pair in 250 in a way that it cannot read itself. */
function newKeyPair(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) {
      return pair;
    }
  }
}

function parsedKey(text: string | null): ParsedKey | undefined {
  const parsed = text === null ? undefined : ssh2.utils.parseKey(text);
  return parsed === undefined || parsed instanceof Error ? undefined : parsed;
}

function isEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
