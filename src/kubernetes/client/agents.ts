import http from 'node:http';
import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { tlsOptions, trustedCertificates } from '../kubeconfig/tls-material.ts';
import type { TlsMaterial } from '../kubeconfig/tls-material.ts';

/** Sockets to one API server. */
export interface Agents {
  /** For requests; keeps sockets alive. */
  readonly requestAgent: http.Agent;
  /** One socket per stream, closed with it, so that streams cannot use up the sockets of requests. */
  readonly streamAgent: http.Agent;
}

export interface AgentOptions {
  readonly server: string;
  readonly material: TlsMaterial;
  /** Parallel requests; further ones wait. */
  readonly maxSockets: number;
  /** The URL of the proxy to use, with its credentials; undefined: none. */
  readonly proxyUrl: string | undefined;
}

/**
 * Load balancers drop silent connections, some after ten seconds and without notice to either end. Closing them
 * earlier avoids a half-open one, on which a write would hang for half a minute.
 */
const IDLE_SOCKET_MS = 5_000;
/** A proxy that never answers would otherwise keep the socket of each watch that was given up. */
const SILENT_PROXY_MS = 120_000;

/** Creates sockets for one set of certificates. */
export async function createAgents(options: AgentOptions): Promise<Agents> {
  const { server, material, maxSockets, proxyUrl } = options;
  const pool = { keepAlive: true, maxSockets, timeout: IDLE_SOCKET_MS };
  if (server.startsWith('http:')) {
    return { requestAgent: new http.Agent(pool), streamAgent: new http.Agent() };
  }
  if (proxyUrl?.startsWith('socks') === true) return await socksAgents(server, material, proxyUrl);
  const tls = tlsOptions(material);
  if (proxyUrl === undefined) {
    return { requestAgent: new https.Agent({ ...pool, ...tls }), streamAgent: new https.Agent(tls) };
  }
  // Node's own agent tunnels with CONNECT. TLS ends at the API server, so the proxy sees no request.
  const tunnel = { ...tls, proxyEnv: { https_proxy: proxyUrl } };
  return {
    requestAgent: new https.Agent({ ...pool, ...tunnel }),
    streamAgent: new https.Agent({ ...tunnel, timeout: SILENT_PROXY_MS }),
  };
}

/**
 * client-node implements SOCKS. Its agent serves requests and streams. With `socks5` it would resolve names itself;
 * kubectl leaves that to the proxy.
 */
async function socksAgents(server: string, material: TlsMaterial, proxyUrl: string): Promise<Agents> {
  const name = 'socks';
  const kubeConfig = new KubeConfig();
  const { cert, key, serverName, skipVerify } = material;
  const ca = trustedCertificates(material);
  kubeConfig.loadFromClusterAndUser(
    {
      name,
      server,
      proxyUrl: proxyUrl.replace(/^socks5:/, 'socks5h:'),
      skipTLSVerify: skipVerify,
      ...(ca === undefined ? {} : { caData: base64(ca.join('\n')) }),
      ...(serverName === undefined ? {} : { tlsServerName: serverName }),
    },
    {
      name,
      ...(cert === undefined ? {} : { certData: base64(cert) }),
      ...(key === undefined ? {} : { keyData: base64(key) }),
    },
  );
  const options: https.RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const { agent } = options;
  if (!(agent instanceof http.Agent)) throw new Error('the kubeconfig names a proxy that is not supported');
  return { requestAgent: agent, streamAgent: agent };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
