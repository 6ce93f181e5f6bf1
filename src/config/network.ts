import { readProxies } from '../network/proxies.ts';
import type { Config } from './config.ts';
import type { Environment } from './texts.ts';

const CLUSTER_VARIABLES = ['KUBECONFIG', 'HOME', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'];

/** What the environment says about the cluster and the way to it. */
export type NetworkConfig = Pick<Config, 'environment' | 'proxies'>;

/** The rest of the environment may hold secrets, and no configuration should. */
export function networkOf(env: Environment): NetworkConfig {
  const set = CLUSTER_VARIABLES.filter((name) => (env[name] ?? '') !== '');
  const proxies = readProxies(env);
  return {
    ...(set.length === 0 ? {} : { environment: Object.fromEntries(set.map((name) => [name, env[name]])) }),
    ...(proxies.isNone ? {} : { proxies }),
  };
}
