import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../clock.ts';
import { authHeaders } from '../kubeconfig/auth-headers.ts';
import type { AuthHeaders } from '../kubeconfig/auth-headers.ts';
import { execPluginOf, runExecPlugin } from '../kubeconfig/exec-credential.ts';
import type { ExecCredential, ExecPlugin } from '../kubeconfig/exec-credential.ts';
import type { ClusterEntry, UserEntry } from '../kubeconfig/kube-config-entries.ts';
import { readTlsMaterial } from '../kubeconfig/tls-material.ts';
import type { TlsMaterial } from '../kubeconfig/tls-material.ts';
import type { Agents } from './agents.ts';
import { createAgents } from './agents.ts';

/** The address of the API server, the credentials, and the sockets to it. */
export interface Connection extends Agents {
  server: string;
  /** Headers for authorization and impersonation. */
  headers: AuthHeaders;
}

/** The proxy for a URL, with its credentials; undefined: none. */
export type ProxyUrlFor = (url: string) => string | undefined;

export interface ConnectionOptions {
  kubeConfig: KubeConfig;
  clock: Clock;
  /** Parallel requests; further ones wait. */
  maxSockets: number;
  /** For a cluster without `proxy-url`. @default no proxy */
  proxyUrlFor?: ProxyUrlFor | undefined;
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

interface KeptAgents extends Agents {
  readonly material: string;
}

/**
 * Credentials and sockets for the current context of a KubeConfig. client-node's own way is not used: it ignores the
 * cluster's certificates if the context has no user, prefers a stale file to data, reads no token files, drops the
 * groups of an impersonation, and keeps its first agent permanently, with certificates that may have been rotated.
 */
export class ConnectionSource {
  readonly #options: ConnectionOptions;
  #last: Connection | undefined;
  #readAtMs = 0;
  /** One read at a time serves all callers. */
  #reading: Promise<Connection> | undefined;
  #credential: ExecCredential | undefined;
  #agents: KeptAgents | undefined;

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
    const cluster: ClusterEntry | null = kubeConfig.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig names no current cluster');
    const { server, skipTLSVerify } = cluster;
    if (server.startsWith('http:') && !skipTLSVerify) {
      throw new Error('HTTP protocol is not allowed without insecure-skip-tls-verify');
    }
    const user: UserEntry | null = kubeConfig.getCurrentUser();
    const plugin = await execPluginOf(user, cluster);
    const credential = plugin === undefined ? {} : await this.#credentialOf(plugin);
    const material = await readTlsMaterial(cluster, user, credential);
    const headers = await authHeaders(user, credential);
    return { server, headers, ...(await this.#agentsFor(cluster, material)) };
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

  async #agentsFor({ server, proxyUrl }: ClusterEntry, tls: TlsMaterial): Promise<Agents> {
    const material = JSON.stringify(tls);
    let kept = this.#agents;
    if (kept?.material !== material) {
      const { maxSockets, proxyUrlFor } = this.#options;
      const proxy = proxyUrl ?? proxyUrlFor?.(server);
      // Running streams and requests keep their sockets. The old agents are freed when these end.
      kept = { material, ...(await createAgents({ server, material: tls, maxSockets, proxyUrl: proxy })) };
      this.#agents = kept;
    }
    const { requestAgent, streamAgent } = kept;
    return { requestAgent, streamAgent };
  }
}
