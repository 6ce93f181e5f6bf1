import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { recordAt, stringAt } from './json.ts';

/** Where the API server is, who we are there, and the sockets that lead to it. */
export interface Connection {
  server: string;
  /** Authorization and impersonation. */
  headers: Readonly<Record<string, string>>;
  /** Keeps sockets alive; for requests. */
  requestAgent: http.Agent;
  /** One socket a stream, closed with it; streams must not use up the requests' sockets. */
  streamAgent: http.Agent;
}

export interface ConnectionOptions {
  kubeConfig: KubeConfig;
  clock: Clock;
  /** Parallel requests; more wait in line. */
  maxSockets: number;
}

/**
 * How long credentials are kept. client-node reads certificate files from disk, synchronously, each time it is
 * asked, which a burst must not pay per request. A rotated token is in use after this time, and at once after the server
 * has refused the old one.
 */
const CREDENTIALS_TTL_MS = 10_000;

/** kube-apiserver closes a silent connection after 90 s; closing it earlier here avoids meeting it half closed. */
const IDLE_SOCKET_MS = 45_000;

interface Agents {
  material: string;
  requestAgent: http.Agent;
  streamAgent: http.Agent;
}

/**
 * Credentials and sockets, from client-node's KubeConfig: tokens, token files, client certificates, exec plug-ins,
 * proxies are its business. The agents are our own, because client-node keeps the first one it made for ever, with
 * certificates that may have been rotated since, and without a bound on sockets.
 */
export class ConnectionSource {
  readonly #options: ConnectionOptions;
  #current: Promise<Connection> | undefined;
  #readAtMs = 0;
  #agents: Agents | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The connection to use now. Rejects when the kubeconfig names no cluster or its credentials cannot be read. */
  async get(): Promise<Connection> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#current === undefined || nowMs - this.#readAtMs >= CREDENTIALS_TTL_MS) {
      this.#readAtMs = nowMs;
      this.#current = this.#read();
    }
    const pending = this.#current;
    try {
      return await pending;
    } catch (error) {
      if (this.#current === pending) this.#current = undefined;
      throw error;
    }
  }

  /** Forgets the credentials, after the server refused them. */
  invalidate(): void {
    this.#current = undefined;
  }

  /** Closes all sockets, those in use too. */
  close(): void {
    this.#current = undefined;
    this.#agents?.requestAgent.destroy();
    this.#agents?.streamAgent.destroy();
    this.#agents = undefined;
  }

  async #read(): Promise<Connection> {
    const { kubeConfig } = this.#options;
    const server = kubeConfig.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('the kubeconfig names no current cluster');
    const options: https.RequestOptions = {};
    await kubeConfig.applyToHTTPSOptions(options);
    const agents = this.#agentsFor(server, options);
    return { server, headers: { ...authHeaders(options), ...(await tokenHeader(kubeConfig)) }, ...agents };
  }

  #agentsFor(server: string, options: https.RequestOptions): Omit<Agents, 'material'> {
    const { ca, cert, key, pfx } = options;
    const material = JSON.stringify([ca, cert, key, pfx].map(String));
    if (this.#agents?.material !== material) {
      // Streams and requests that are under way keep their sockets; the old agents go when these end.
      this.#agents = { material, ...this.#createAgents(server, options) };
    }
    const { requestAgent, streamAgent } = this.#agents;
    return { requestAgent, streamAgent };
  }

  #createAgents(server: string, options: https.RequestOptions): Omit<Agents, 'material'> {
    if (this.#options.kubeConfig.getCurrentCluster()?.proxyUrl !== undefined) {
      return proxyAgents(options);
    }
    const pool = { keepAlive: true, maxSockets: this.#options.maxSockets, timeout: IDLE_SOCKET_MS };
    if (server.startsWith('http:')) {
      return { requestAgent: new http.Agent(pool), streamAgent: new http.Agent() };
    }
    const tls = tlsOptions(options);
    return {
      requestAgent: new https.Agent({ ...pool, ...tls }),
      streamAgent: new https.Agent(tls),
    };
  }
}

/** Tunnelling is client-node's craft; its agent serves both kinds. */
function proxyAgents({ agent }: https.RequestOptions): Omit<Agents, 'material'> {
  if (!(agent instanceof http.Agent)) throw new Error('the kubeconfig names a proxy that is not supported');
  return { requestAgent: agent, streamAgent: agent };
}

/** One secure context for all sockets: certificates are parsed once, not per connection. */
function tlsOptions(options: https.RequestOptions): https.AgentOptions {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  return {
    secureContext: createSecureContext({ ca, cert, key, pfx, passphrase }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/**
 * The service-account token as it is in its file now. client-node keeps its own copy for 60 s whatever the server
 * says of it: with a token that was revoked, a leader would lose its lease before it looked at the new one.
 */
async function tokenHeader(kubeConfig: KubeConfig): Promise<Record<string, string>> {
  const user: unknown = kubeConfig.getCurrentUser();
  const tokenFile = stringAt(recordAt(recordAt(user, 'authProvider'), 'config'), 'tokenFile');
  if (tokenFile === undefined) return {};
  return { Authorization: `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}` };
}

function authHeaders(options: https.RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // Token files may end in a line break, which no header may carry.
    if (value !== undefined) headers[name] = String(value).trim();
  }
  if (typeof options.auth === 'string') {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  return headers;
}
