import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AgentOptions } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { ClusterEntry, UserEntry } from './kube-config-entries.ts';

/** What a connection is made with. Equal material means that open connections may stay. */
export interface TlsMaterial {
  /** The certificates that may sign for the server; undefined: those that Node trusts. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly serverName: string | undefined;
  readonly skipVerify: boolean;
}

/**
 * Reads certificates and key of the cluster and the user. Data counts before a file, and what a plug-in printed before
 * both. A cluster's certificates belong to the cluster: they count for anonymous requests, too.
 *
 * @throws if a file cannot be read
 */
export async function readTlsMaterial(
  cluster: ClusterEntry,
  user: UserEntry | null,
  credential: { readonly cert?: string; readonly key?: string } = {},
): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all([
    textOf(cluster.caData, cluster.caFile),
    credential.cert ?? textOf(user?.certData, user?.certFile),
    credential.key ?? textOf(user?.keyData, user?.keyFile),
  ]);
  return { ca, cert, key, serverName: cluster.tlsServerName, skipVerify: cluster.skipTLSVerify };
}

/**
 * The same as {@link readTlsMaterial} for the start of the process, when nothing else waits.
 *
 * @throws if a file cannot be read
 */
export function readTlsMaterialNow(cluster: ClusterEntry, user: UserEntry | undefined): TlsMaterial {
  const read = (data: string | undefined, file: string | undefined): string | undefined =>
    decode(data) ?? (file === undefined ? undefined : readFileSync(file, 'utf8'));
  return {
    ca: read(cluster.caData, cluster.caFile),
    cert: read(user?.certData, user?.certFile),
    key: read(user?.keyData, user?.keyFile),
    serverName: cluster.tlsServerName,
    skipVerify: cluster.skipTLSVerify,
  };
}

/**
 * One secure context for all sockets, so that certificates are parsed once.
 *
 * @throws if a certificate or the key cannot be parsed, or they do not fit each other
 */
export function tlsOptions(material: TlsMaterial): AgentOptions {
  const { cert, key, serverName, skipVerify } = material;
  const ca = trustedCertificates(material);
  const context = {
    ...(ca === undefined ? {} : { ca: [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  return {
    secureContext: createSecureContext(context),
    ...(skipVerify ? { rejectUnauthorized: false } : {}),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

/**
 * Node ignores NODE_EXTRA_CA_CERTS as soon as a connection names certificates of its own. A proxy that inspects TLS
 * signs with such an extra certificate.
 */
export function trustedCertificates({ ca }: TlsMaterial): readonly string[] | undefined {
  return ca === undefined ? undefined : [ca, ...getCACertificates('extra')];
}

async function textOf(data: string | undefined, file: string | undefined): Promise<string | undefined> {
  return decode(data) ?? (file === undefined ? undefined : await readFile(file, 'utf8'));
}

function decode(data: string | undefined): string | undefined {
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
}
