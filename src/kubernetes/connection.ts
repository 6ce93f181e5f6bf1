import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { execPluginOf, runExecPlugin } from './exec-credential.ts';
import type { ExecCredential, ExecPlugin } from './exec-credential.ts';
import { recordAt, stringAt } from '../json.ts';

/** The address of the API server, the credentials, and the sockets to it. */
export interface Connection {
  server: string;
  /** Headers for authorization and impersonation. */
  headers: Readonly<Record<string, string>>;
  /** For requests; keeps sockets alive. */
  requestAgent: http.Agent;
  /** One socket per stream, closed with it, so that streams cannot use up the sockets of requests. */
  streamAgent: http.Agent;
}

export interface ConnectionOptions {
  kubeConfig: KubeConfig;
  clock: Clock;
  /** Parallel requests; further ones wait. */
  maxSockets: number;
}

/**
 * How long credentials are cached. client-node reads certificate files from disk, synchronously, at each call, which
 * would slow down a burst of requests. A rotated token takes effect after this time, or at once if the server refuses
 * the old one.
 */
const CREDENTIALS_TTL_MS = 10_000;
/** How long a caller waits for new credentials while the old ones are not refused. A plug-in may take its time. */
const GRACE_MS = 1_000;
/** A plug-in's credential is renewed this long before it expires. */
const RENEW_BEFORE_MS = 60_000;
const PLUGIN_TIMEOUT_MS = 60_000;

/**
 * Load balancers drop silent connections, some after ten seconds and without notice to either end. Closing them
 * earlier avoids a half-open one, on which a write would hang for half a minute.
 */
const IDLE_SOCKET_MS = 5_000;

interface Agents {
  material: string;
  requestAgent: http.Agent;
  streamAgent: http.Agent;
}

/**
 * Credentials and sockets, from client-node's KubeConfig, which handles tokens, token files, client certificates,
 * exec plug-ins and proxies. The agents are our own: client-node keeps its first agent permanently, with certificates
 * that may have been rotated since, and without a limit on sockets.
 */
export class ConnectionSource {
  readonly #options: ConnectionOptions;
  #last: Connection | undefined;
  #readAtMs = 0;
  /** One read at a time serves all callers. */
  #reading: Promise<Connection> | undefined;
  #credential: ExecCredential | undefined;
  #agents: Agents | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * The connection to use now.
   *
   * @throws if the kubeconfig names no cluster, or its credentials cannot be read
   */
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

  /**
   * Uses credentials that were not refused until newer ones arrive, because a slow plug-in must not cost the Lease.
   */
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

  /** Drops the credentials, after the server refused them. */
  invalidate(): void {
    this.#last = undefined;
    this.#credential = undefined;
  }

  /** Closes all sockets, including those in use. */
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

  /**
   * Caches a credential until it is about to expire or is refused: a plug-in may be slow, and call a remote service.
   */
  async #credentialOf(plugin: ExecPlugin): Promise<ExecCredential> {
    const { clock } = this.#options;
    const known = this.#credential;
    if (known !== undefined && (known.expiresAtMs ?? Infinity) - clock.nowMs() > RENEW_BEFORE_MS) {
      return known;
    }
    try {
      this.#credential = await runExecPlugin(plugin, { clock, timeoutMs: PLUGIN_TIMEOUT_MS });
    } catch (error) {
      // A credential that is still valid is better than none.
      if (known === undefined || (known.expiresAtMs ?? Infinity) <= clock.nowMs()) throw error;
    }
    return this.#credential ?? known ?? {};
  }

  #agentsFor(server: string, options: https.RequestOptions): Omit<Agents, 'material'> {
    const { ca, cert, key, pfx } = options;
    const material = JSON.stringify([ca, cert, key, pfx].map(String));
    if (this.#agents?.material !== material) {
      // Running streams and requests keep their sockets. The old agents are freed when these end.
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

/** A copy without plug-ins, because this module runs them. */
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

/** client-node implements tunnelling. Its agent serves requests and streams. */
function proxyAgents({ agent }: https.RequestOptions): Omit<Agents, 'material'> {
  if (!(agent instanceof http.Agent)) throw new Error('the kubeconfig names a proxy that is not supported');
  return { requestAgent: agent, streamAgent: agent };
}

/** One secure context for all sockets, so that certificates are parsed once. */
function tlsOptions(options: https.RequestOptions): https.AgentOptions {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  return {
    secureContext: createSecureContext({ ca, cert, key, pfx, passphrase }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/**
 * Reads the service-account token from its file. client-node caches its own copy for 60 s even if the server refuses
 * it. With a revoked token a leader would lose its Lease before it reads the new one.
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
    // Token files may end in a line break, which no header may contain.
    if (value !== undefined) headers[name] = String(value).trim();
  }
  if (typeof options.auth === 'string') {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  return headers;
}
