import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ACCOUNT_PLURALS, GROUP, PLURAL, VERSION } from '../../src/api/common/names.ts';
import { systemClock } from '../../src/clock.ts';
import { ApiTransport } from '../../src/kubernetes/client/api-transport.ts';
import { loadKubeConfig } from '../../src/kubernetes/kubeconfig/kube-config.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { ResourceClient } from '../../src/kubernetes/client/resource-client.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane, ControlPlaneOptions } from '../control-plane/control-plane.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** An API server with the CRD, for scenes. */
export interface SceneBench {
  readonly controlPlane: Pick<ControlPlane, 'kubeconfigPath' | 'kubectl' | 'stop'>;
  /** GpuPods as they are stored, read as the administrator. */
  readonly gpuPods: ResourceClient<RawObject>;
  readonly gpuAccounts: ResourceClient<RawObject>;
  readonly namespaces: ResourceClient<RawObject>;
  readonly secrets: ResourceClient<RawObject>;
  readonly events: ResourceClient<RawObject>;
  readonly configMaps: ResourceClient<RawObject>;
  readonly leases: ResourceClient<RawObject>;
  /** A directory for files of tests. `close` removes it. */
  readonly directory: string;
  close(): Promise<void>;
}

/** A real control plane with the CRD, for one test file. */
export interface Bench extends SceneBench {
  readonly controlPlane: ControlPlane;
}

/** Opens a bench. Close it in afterAll. */
export async function openBench(options: ControlPlaneOptions = {}): Promise<Bench> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-bench-'));
  const controlPlane = await startControlPlane({ crdPaths: [path.join(root, 'crds')], ...options });
  return { ...benchOn(controlPlane, directory), controlPlane };
}

/** A bench on any API server, which it stops when it closes. */
export function benchOn(controlPlane: SceneBench['controlPlane'], directory: string): SceneBench {
  const { kubeConfig } = loadKubeConfig({ path: controlPlane.kubeconfigPath });
  const transport = new ApiTransport({ kubeConfig, clock: systemClock, userAgent: 'gpupod-test' });
  const client = (group: string, version: string, plural: string): ResourceClient<RawObject> =>
    new ResourceClient({ transport, type: { group, version, plural }, decode: asItIs });
  return {
    controlPlane,
    gpuPods: client(GROUP, VERSION, PLURAL),
    gpuAccounts: client(GROUP, VERSION, ACCOUNT_PLURALS.GpuAccount),
    namespaces: client('', 'v1', 'namespaces'),
    secrets: client('', 'v1', 'secrets'),
    events: client('', 'v1', 'events'),
    configMaps: client('', 'v1', 'configmaps'),
    leases: client('coordination.k8s.io', 'v1', 'leases'),
    directory,
    async close() {
      transport.close();
      await controlPlane.stop();
      await rm(directory, { recursive: true });
    },
  };
}

function asItIs(object: RawObject): RawObject {
  return object;
}

let namespaces = 0;

/** Creates a namespace for one test. */
export async function createNamespace({ namespaces: client }: SceneBench): Promise<string> {
  namespaces += 1;
  const name = `case-${namespaces}`;
  await client.create(undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

/** Creates a Secret, as a user does. */
export async function createSecret(
  { secrets }: SceneBench,
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  await secrets.create(namespace, { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
}
