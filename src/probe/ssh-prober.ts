import { Resolver } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import type { Client } from 'ssh2';
import type {
  ProbeAnswer,
  ProbeFailed,
  ProbeFailure,
  Prober,
  ProbeTarget,
} from '../lifecycle/reachability.ts';
import { algorithmsFor, hostKeyText } from './host-key.ts';

/** What a server may send before its host key. An ordinary one sends about 3 kB. */
const MAX_BYTES = 256 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
const DNS = { timeout: 3_000, tries: 2 };
/** How long one of several addresses may take before the next one is tried. */
const ATTEMPT_MS = 2_500;

type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface SshProberOptions {
  /** Whether the operator may connect to this address. */
  readonly isAllowed: (address: string) => boolean;
  /** Finds the addresses of a name. @default the name servers of this host */
  readonly resolve?: Resolve;
  /** For everything together. @default 10 s */
  readonly timeoutMs?: number;
}

/**
 * Reads the host key of an SSH server. It checks every address of a name and connects to a checked one, so that the
 * name cannot point elsewhere in between. It sends no user name and no key, and bounds time and bytes.
 */
export class SshProber implements Prober {
  readonly #isAllowed: (address: string) => boolean;
  readonly #resolve: Resolve;
  readonly #timeoutMs: number;

  constructor({ isAllowed, resolve = addressesOf, timeoutMs = DEFAULT_TIMEOUT_MS }: SshProberOptions) {
    this.#isAllowed = isAllowed;
    this.#resolve = resolve;
    this.#timeoutMs = timeoutMs;
  }

  async probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const either = AbortSignal.any([signal, deadline]);
    const answer = await Promise.race([this.#probe(target, either), untilAborted(either)]);
    signal.throwIfAborted();
    return answer;
  }

  async #probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
    const found = await this.#addressesOf(target.host, signal);
    if (found.kind === 'failed') {
      return found;
    }
    // Loaded late, because an operator that probes nothing does not need it.
    const { default: ssh2 } = await import('ssh2');
    if (signal.aborted) {
      return failed('TimedOut');
    }
    const socket = connectTo(target, found.addresses);
    const end = (): void => {
      socket.destroy();
    };
    signal.addEventListener('abort', end);
    try {
      return await readHostKey(new ssh2.Client(), socket, target);
    } finally {
      signal.removeEventListener('abort', end);
      socket.destroy();
    }
  }

  async #addressesOf(host: string, signal: AbortSignal): Promise<FoundAddresses | ProbeFailed> {
    let addresses: readonly string[];
    try {
      addresses = isIP(host) === 0 ? await this.#resolve(host, signal) : [host];
    } catch {
      return failed('Unresolved');
    }
    if (addresses.length === 0) {
      return failed('Unresolved');
    }
    // One bad address makes the name suspicious.
    return addresses.every((address) => this.#isAllowed(address))
      ? { kind: 'found', addresses }
      : failed('NotAllowed');
  }
}

interface FoundAddresses {
  readonly kind: 'found';
  readonly addresses: readonly string[];
}

/** Connects to the first of these addresses that answers. The name is not resolved again. */
function connectTo({ host, port }: ProbeTarget, addresses: readonly string[]): Socket {
  const checked = addresses.map((address) => ({ address, family: isIP(address) }));
  return connect({
    host,
    port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
    lookup: (_name, _options, done) => {
      done(null, checked);
    },
  });
}

/** Exchanges keys, which proves that the server holds the private key, and stops before the login. */
async function readHostKey(
  client: Client,
  socket: Socket,
  { hostKey: known }: ProbeTarget,
): Promise<ProbeAnswer> {
  return await new Promise((resolve) => {
    let hostKey: string | undefined;
    let bytes = 0;
    const fail = (): void => {
      resolve(failed(bytes === 0 ? 'Unreachable' : 'NotSsh'));
    };
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) {
        socket.destroy();
      }
    });
    socket.on('error', fail);
    socket.on('close', fail);
    // Destroying the socket may still make the client report errors.
    client.on('error', fail);
    client.on('close', fail);
    client.on('handshake', () => {
      resolve(hostKey === undefined ? failed('NotSsh') : { kind: 'answered', hostKey });
      socket.destroy();
    });
    client.connect({
      sock: socket,
      // The deadline of the whole probe counts.
      readyTimeout: 0,
      algorithms: algorithmsFor(known),
      hostVerifier: (blob: Buffer) => {
        hostKey = hostKeyText(blob);
        return hostKey !== undefined;
      },
      // Never sent: the connection ends before the login.
      username: 'probe',
    });
  });
}

function failed(reason: ProbeFailure): ProbeFailed {
  return { kind: 'failed', reason };
}

/**
 * Asks the name servers directly: a lookup by the operating system cannot be called off, and a name that nobody answers
 * for would hold up the lookups of all other requests.
 */
async function addressesOf(name: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver(DNS);
  signal.addEventListener('abort', () => {
    resolver.cancel();
  });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}

async function untilAborted(signal: AbortSignal): Promise<ProbeAnswer> {
  return await new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve(failed('TimedOut'));
    });
  });
}
