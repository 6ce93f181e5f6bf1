import type { Config } from '../config/config.ts';
import type { Cluster } from './cluster.ts';

/** The proxies that requests go through, without their credentials, for the log; undefined: none. */
export function proxiesInUse(
  { proxies, prime }: Config,
  { kubeConfig }: Pick<Cluster, 'kubeConfig'>,
): Readonly<Record<string, string>> | undefined {
  const { proxyUrl, server = '' } = kubeConfig.getCurrentCluster() ?? {};
  const urls = {
    provider: proxies?.forProvider(prime.baseUrl),
    apiServer: proxyUrl ?? proxies?.forApiServer(server),
  };
  const used = Object.entries(urls).flatMap(([target, url]) =>
    url === undefined ? [] : [[target, withoutCredentials(url)] as const],
  );
  return used.length === 0 ? undefined : Object.fromEntries(used);
}

function withoutCredentials(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
