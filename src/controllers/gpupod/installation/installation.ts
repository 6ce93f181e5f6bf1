import { randomBytes } from 'node:crypto';
import type { AccountRecord } from '../../../accounts/identity/account-watch.ts';
import type { ConfigMap } from '../../../kubernetes/client/config-map-client.ts';
import { isAlreadyExists, isForbidden, isNotFound } from '../../../kubernetes/client/api-errors.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import type { NewObject, ObjectName } from '../../../kubernetes/client/resource-client.ts';

export interface ConfigMapApi {
  get(target: ObjectName): Promise<ConfigMap | undefined>;
  create(namespace: string, object: NewObject): Promise<ConfigMap>;
  mergePatch(target: ObjectName, body: unknown): Promise<ConfigMap>;
}

/** The identity of this operator, as recorded in the cluster. */
export interface Installation {
  /** Six letters or digits; the second part of every instance's name. */
  readonly id: string;
  /** The account that pays for its instances: `<origin> <user id>`; undefined before the first key was read. */
  readonly account: string | undefined;
  /** The account before a person accepted another one. Instances that name no account belong to it. */
  readonly formerAccount: string | undefined;
  /** Fingerprint of the last key that is known to belong to that account. */
  readonly keyFingerprint?: string | undefined;
  /**
   * UID of the cluster that wrote the record, if this cluster is a copy of it. The original may still exist and own
   * the same instances.
   */
  readonly clonedFrom: string | undefined;
  readonly createdAt: string | undefined;
  /** False if the operator may not read namespace kube-system. It then cannot recognize a copy of this cluster. */
  readonly isClusterKnown: boolean;
  /**
   * Why instances with this ID may belong to another cluster, as a sentence for people. The operator then only
   * reports an orphan whose GpuPod it never saw. Undefined: this cluster generated the ID, or a person confirmed it.
   */
  readonly idDoubt: string | undefined;
  /** True once this installation has registered SSH keys. */
  readonly mayHaveKeys: boolean;
  /** Signs instance IDs and create intents, see `id-proofs.ts`. */
  readonly proofKey?: string | undefined;
}

export interface InstallationOptions {
  readonly configMaps: ConfigMapApi;
  readonly namespaces: { get(target: ObjectName): Promise<KubernetesObject | undefined> };
  readonly namespace: string;
  /** From a flag; undefined: the recorded ID, or a new one. */
  readonly givenId: string | undefined;
  /** A cluster UID that a person confirmed, after a move. */
  readonly acceptCluster: string | undefined;
  /** An ID that a person confirmed to belong to this cluster alone. */
  readonly acceptInstallation: string | undefined;
  readonly nowMs: number;
}

const NAME = 'gpupod-operator-installation';
/** Source of an ID that came from a flag. */
const GIVEN = 'given';

/**
 * Reads the record of this installation, or creates it.
 *
 * @throws the error of a failed read: an unreadable record is not an absent one, and a second ID would disown every
 * instance of the first
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
    mayHaveKeys: record.data['sshKeys'] !== undefined,
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

/** Two clusters share only the provider's account, so neither can see whether the other uses the same ID. */
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

type Recording = Pick<InstallationOptions, 'configMaps' | 'namespace'>;

/** Records that this installation registers SSH keys, which a later process may have to remove. */
export async function recordKeys(recording: Recording): Promise<void> {
  await patchRecord(recording, { sshKeys: 'registered' });
}

export async function recordAccount(recording: Recording, record: AccountRecord): Promise<void> {
  await patchRecord(recording, { ...record });
}

async function patchRecord(
  { configMaps, namespace }: Recording,
  record: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const data = Object.fromEntries(Object.entries(record).filter(([, text]) => text !== undefined));
  try {
    await configMaps.mergePatch({ namespace, name: NAME }, { data });
  } catch (error) {
    // Somebody deleted the record while this process runs. The next process creates another, and each GpuPod names
    // its account.
    if (!isNotFound(error)) {
      throw error;
    }
  }
}

/** @returns undefined if the operator may not read the namespace */
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
  // 252 is the largest multiple of 36 below 256. Bytes above it would favour some letters.
  const usable = [...randomBytes(64)].filter((byte) => byte < 252).slice(0, ID_LENGTH);
  return usable.map((byte) => ALPHABET[byte % ALPHABET.length] ?? 'a').join('');
}
