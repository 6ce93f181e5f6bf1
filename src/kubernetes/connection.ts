import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { execPluginOf, runExecPlugin } from './exec-credential.ts';
import type { ExecCredential, ExecPlugin } from './exec-credential.ts';
import { recordAt, stringAt } from '../json.ts';

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
/** How long whoever asks waits for new credentials while the old ones were not refused: a plug-in may take its time. */
const GRACE_MS = 1_000;
/** A credential of a plug-in is asked for anew this long before it expires. */
const RENEW_BEFORE_MS = 60_000;
const PLUGIN_TIMEOUT_MS = 60_000;

/**
 * Load balancers drop silent connections, some after ten seconds and without a word to either end. What is closed
 * earlier here cannot be met half open: a write would hang there for half a minute.
 */
const IDLE_SOCKET_MS = 5_000;

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
  #last: Connection | undefined;
  #readAtMs = 0;
  /** Only one at a time, whoever asks. */
  #reading: Promise<Connection> | undefined;
  #credential: ExecCredential | undefined;
  #agents: Agents | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The connection to use now. Rejects when the kubeconfig names no cluster or its credentials cannot be read. */
  async get(): Promise<Connection> {
    const last = this.#last;
    if (last !== undefined && this.#options.clock.monotonicMs() - this.#readAtMs < CREDENTIALS_TTL_MS) {
      return last;
    }
    this.#reading ??= this.#readOnce();
    return last === undefined ? await this.#reading : await this.#withGrace(this.#reading, last);
  }

  async #readOnce(): Promise<Connection> {
    const startedAtMs = this.#options.clock.monotonicMs();
    try {
      this.#last = await this.#read();
      this.#readAtMs = startedAtMs;
      return this.#last;
    } finally {
      this.#reading = undefined;
    }
  }

  /** What was not refused is used on where there is nothing newer yet: a lease must not be lost over it. */
  async #withGrace(reading: Promise<Connection>, last: Connection): Promise<Connection> {
    const timer = new AbortController();
    const grace = this.#options.clock.sleep(GRACE_MS, timer.signal).then(() => last);
    grace.catch(() => undefined);
    try {
      return await Promise.race([reading.catch(() => last), grace]);
    } finally {
      timer.abort();
    }
  }

  /** Forgets the credentials, after the server refused them. */
  invalidate(): void {
    this.#last = undefined;
    this.#credential = undefined;
  }

  /** Closes all sockets, those in use too. */
  close(): void {
    this.invalidate();
    this.#agents?.requestAgent.destroy();
    this.#agents?.streamAgent.destroy();
    this.#agents = undefined;
  }

  async #read(): Promise<Connection> {
    const { kubeConfig } = this.#options;
    const server = kubeConfig.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('the kubeconfig names no current cluster');
    const options: https.RequestOptions = {};
    const plugin = execPluginOf(kubeConfig.getCurrentUser());
    const credential = plugin === undefined ? {} : await this.#credentialOf(plugin);
    await (plugin === undefined ? kubeConfig : withoutPlugins(kubeConfig)).applyToHTTPSOptions(options);
    applyCredential(options, credential);
    const agents = this.#agentsFor(server, options);
    const headers = {
      ...authHeaders(options),
      ...bearer(credential.token),
      ...(await tokenHeader(kubeConfig)),
    };
    return { server, headers, ...agents };
  }

  /** Kept until it is about to expire, or was refused: a plug-in may be slow, and ask somebody far away. */
  async #credentialOf(plugin: ExecPlugin): Promise<ExecCredential> {
    const { clock } = this.#options;
    const known = this.#credential;
    if (known !== undefined && (known.expiresAtMs ?? Infinity) - clock.nowMs() > RENEW_BEFORE_MS) {
      return known;
    }
    try {
      this.#credential = await runExecPlugin(plugin, { clock, timeoutMs: PLUGIN_TIMEOUT_MS });
    } catch (error) {
      // One that still holds is better than none.
      if (known === undefined || (known.expiresAtMs ?? Infinity) <= clock.nowMs()) throw error;
    }
    return this.#credential ?? known ?? {};
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

/** The same but for the programs: they are run here. */
function withoutPlugins(kubeConfig: KubeConfig): KubeConfig {
  const bare = new KubeConfig();
  bare.loadFromOptions({
    clusters: kubeConfig.getClusters(),
    contexts: kubeConfig.getContexts(),
    currentContext: kubeConfig.getCurrentContext(),
    users: kubeConfig.getUsers().map(({ exec: _exec, ...user }) => user),
  });
  return bare;
}

function applyCredential(options: https.RequestOptions, { cert, key }: ExecCredential): void {
  if (cert !== undefined) options.cert = cert;
  if (key !== undefined) options.key = key;
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
  return bearer((await readFile(tokenFile, 'utf8')).trim());
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
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
