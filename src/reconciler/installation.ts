import { randomBytes } from 'node:crypto';
import type { ConfigMap } from '../kubernetes/config-map-client.ts';
import { isAlreadyExists, isForbidden, isNotFound } from '../kubernetes/api-errors.ts';
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
  /** The account before a person accepted another one: instances that name no account are its. */
  readonly formerAccount: string | undefined;
  /** Of the last key that was known to be of that account. */
  readonly keyFingerprint?: string | undefined;
  /** The record was written in another cluster: a clone, whose original may live and own the same pods. */
  readonly clonedFrom: string | undefined;
  readonly createdAt: string | undefined;
  /** False where namespace kube-system may not be read: a copy of this cluster could not be told from it. */
  readonly isClusterKnown: boolean;
  /**
   * Why instances that carry the id may belong to another cluster; a sentence for people. What no GpuPod is known to
   * have had is then only reported. Undefined: the id was made up here, or a person confirmed it.
   */
  readonly idDoubt: string | undefined;
  /** Signs ids of instances, see `id-proofs.ts`. */
  readonly proofKey?: string | undefined;
}

export interface InstallationOptions {
  readonly configMaps: ConfigMapApi;
  readonly namespaces: { get(target: ObjectName): Promise<KubernetesObject | undefined> };
  readonly namespace: string;
  /** From a flag; undefined = the recorded one, else a new one. */
  readonly givenId: string | undefined;
  /** A cluster uid that a person confirmed, after a move. */
  readonly acceptCluster: string | undefined;
  /** An id that a person confirmed to be of this cluster alone. */
  readonly acceptInstallation: string | undefined;
  readonly nowMs: number;
}

const NAME = 'gpupod-operator-installation';
/** Source of an id that came from a flag. */
const GIVEN = 'given';

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
  const isClone = recordedUid !== undefined && clusterUid !== undefined && recordedUid !== clusterUid;
  const isMoved = isClone && acceptCluster === clusterUid;
  if (isMoved || (recordedUid === undefined && clusterUid !== undefined)) {
    await configMaps.mergePatch({ namespace, name: NAME }, { data: { clusterUid } });
  }
  return {
    id: validId(options, record),
    account: record.data['account'],
    formerAccount: record.data['formerAccount'],
    keyFingerprint: record.data['keyFingerprint'],
    clonedFrom: isClone && !isMoved ? recordedUid : undefined,
    createdAt: record.data['createdAt'],
    isClusterKnown: clusterUid !== undefined,
    idDoubt: doubtId(options, record, clusterUid),
  };
}

function validId({ givenId, namespace }: InstallationOptions, { data }: ConfigMap): string {
  const id = givenId ?? data['installationId'];
  if (id === undefined || !/^[a-z0-9]{6}$/.test(id)) {
    throw new Error(
      `ConfigMap ${namespace}/${NAME} has no valid installationId (six lower-case letters or digits). ` +
        'Restore it from a backup, or set --installation-id: the operator does not recognize instances that were rented under another ID.',
    );
  }
  return id;
}

/** Two clusters share nothing but the provider's account: neither can see whether the other goes by the same id. */
function doubtId(
  { givenId, acceptInstallation }: InstallationOptions,
  { data }: ConfigMap,
  clusterUid: string | undefined,
): string | undefined {
  const { installationId: recordedId, idSource } = data;
  const id = givenId ?? recordedId ?? '';
  const isGiven = givenId !== undefined || idSource === GIVEN;
  if (id === acceptInstallation || (!isGiven && clusterUid !== undefined)) {
    return undefined;
  }
  const way = `confirm with --accept-installation=${id} that no other cluster uses it`;
  if (!isGiven) {
    return `the operator may not read namespace kube-system, so this cluster may be a copy of the one that generated installation ID ${id}: ${way}`;
  }
  return recordedId === id || recordedId === undefined
    ? `installation ID ${id} was given, not generated here, so another cluster may have it too: ${way}`
    : `--installation-id=${id} is not the ID that was recorded here (${recordedId}): ${way}`;
}

/** The account that this installation rents with, the one before it, and the key that is known to be of it. */
export interface AccountRecord {
  readonly account: string;
  readonly formerAccount: string | undefined;
  readonly keyFingerprint: string | undefined;
}

/** Records the account, for the next process. */
export async function recordAccount(
  { configMaps, namespace }: Pick<InstallationOptions, 'configMaps' | 'namespace'>,
  record: AccountRecord,
): Promise<void> {
  const data = Object.fromEntries(Object.entries(record).filter(([, text]) => text !== undefined));
  try {
    await configMaps.mergePatch({ namespace, name: NAME }, { data });
  } catch (error) {
    // Somebody deleted it while this process runs: the next one makes another, and each GpuPod names its account.
    if (!isNotFound(error)) {
      throw error;
    }
  }
}

/** Undefined where it may not be read. */
async function readClusterUid({ namespaces }: InstallationOptions): Promise<string | undefined> {
  try {
    const kubeSystem = await namespaces.get({ name: 'kube-system' });
    if (kubeSystem !== undefined) {
      return kubeSystem.metadata.uid;
    }
  } catch (error) {
    if (isForbidden(error)) {
      return undefined;
    }
    throw error;
  }
  throw new Error(
    'Namespace kube-system does not exist, so the operator cannot tell this cluster from a copy of it.',
  );
}

async function createRecord(
  options: InstallationOptions,
  clusterUid: string | undefined,
): Promise<ConfigMap> {
  const { configMaps, namespace, givenId, nowMs } = options;
  try {
    return await configMaps.create(namespace, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: NAME, annotations: { 'helm.sh/resource-policy': 'keep' } },
      data: {
        installationId: givenId ?? newId(),
        ...(givenId === undefined ? {} : { idSource: GIVEN }),
        ...(clusterUid === undefined ? {} : { clusterUid }),
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
