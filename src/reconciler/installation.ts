import { randomBytes } from 'node:crypto';
import type { ConfigMap } from '../kubernetes/config-map-client.ts';
import { isAlreadyExists } from '../kubernetes/api-errors.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { NewObject, ObjectName } from '../kubernetes/resource-client.ts';

export interface ConfigMapApi {
  get(target: ObjectName): Promise<ConfigMap | undefined>;
  create(namespace: string, object: NewObject): Promise<ConfigMap>;
  mergePatch(target: ObjectName, body: unknown): Promise<ConfigMap>;
}

/** Who this operator is, as it stands in the cluster. */
export interface Installation {
  /** Six letters or digits; the second part of every pod's name. */
  readonly id: string;
  /** The account that it rents with: `<origin> <user id>`; undefined before the first key was read. */
  readonly account: string | undefined;
  /** The record was written in another cluster: a clone, whose original may live and own the same pods. */
  readonly clonedFrom: string | undefined;
  readonly createdAt: string | undefined;
}

export interface InstallationOptions {
  readonly configMaps: ConfigMapApi;
  readonly namespaces: { get(target: ObjectName): Promise<KubernetesObject | undefined> };
  readonly namespace: string;
  /** From a flag; undefined = the recorded one, else a new one. */
  readonly givenId: string | undefined;
  /** A cluster uid that a person confirmed, after a move. */
  readonly acceptCluster: string | undefined;
  readonly nowMs: number;
}

const NAME = 'gpupod-operator-installation';

/**
 * Reads the record of this installation, or makes it. Throws where it cannot be read: what cannot be read is
 * not absent, and a second id would disown every pod of the first.
 */
export async function ensureInstallation(options: InstallationOptions): Promise<Installation> {
  const { configMaps, namespace, acceptCluster } = options;
  const clusterUid = await readClusterUid(options);
  const record =
    (await configMaps.get({ namespace, name: NAME })) ?? (await createRecord(options, clusterUid));
  const recordedUid = record.data['clusterUid'];
  const isClone = recordedUid !== undefined && recordedUid !== clusterUid;
  if (isClone && acceptCluster === clusterUid) {
    await configMaps.mergePatch({ namespace, name: NAME }, { data: { clusterUid } });
  }
  const id = options.givenId ?? record.data['installationId'];
  if (id === undefined || !/^[a-z0-9]{6}$/.test(id)) {
    throw new Error(
      `ConfigMap ${namespace}/${NAME} has no valid installationId (six lower-case letters or digits). ` +
        'Restore it from a backup, or give --installation-id: pods that were rented under another id would not be recognised.',
    );
  }
  return {
    id,
    account: record.data['account'],
    clonedFrom: isClone && acceptCluster !== clusterUid ? recordedUid : undefined,
    createdAt: record.data['createdAt'],
  };
}

/** Records the account that this installation rents with. */
export async function recordAccount(
  configMaps: ConfigMapApi,
  namespace: string,
  account: string,
): Promise<void> {
  await configMaps.mergePatch({ namespace, name: NAME }, { data: { account } });
}

async function readClusterUid({ namespaces }: InstallationOptions): Promise<string> {
  const kubeSystem = await namespaces.get({ name: 'kube-system' });
  if (kubeSystem === undefined) {
    throw new Error(
      'Namespace kube-system does not exist, so this cluster cannot be told from a copy of it.',
    );
  }
  return kubeSystem.metadata.uid;
}

async function createRecord(options: InstallationOptions, clusterUid: string): Promise<ConfigMap> {
  const { configMaps, namespace, givenId, nowMs } = options;
  try {
    return await configMaps.create(namespace, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: NAME, annotations: { 'helm.sh/resource-policy': 'keep' } },
      data: {
        installationId: givenId ?? newId(),
        clusterUid,
        createdAt: new Date(nowMs).toISOString(),
      },
    });
  } catch (error) {
    const other = isAlreadyExists(error) ? await configMaps.get({ namespace, name: NAME }) : undefined;
    if (other === undefined) {
      throw error;
    }
    return other;
  }
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 6;

function newId(): string {
  // 252 is the largest multiple of 36 below 256: bytes above it would favour some letters.
  const usable = [...randomBytes(64)].filter((byte) => byte < 252).slice(0, ID_LENGTH);
  return usable.map((byte) => ALPHABET[byte % ALPHABET.length] ?? 'a').join('');
}
