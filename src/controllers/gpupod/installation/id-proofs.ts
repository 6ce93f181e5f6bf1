import { randomBytes } from 'node:crypto';
import { parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { isAlreadyExists, isForbidden } from '../../../kubernetes/client/api-errors.ts';
import { recordAt, stringAt } from '../../../json.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { secretData, secretText } from '../../../kubernetes/client/secrets-client.ts';
import type { Secret } from '../../../kubernetes/client/secrets-client.ts';
import { isProvenIntent, isProvenStatus, proveId, proveIntent } from '../../../lifecycle/id-proof.ts';
import type { IdProofs } from '../../../lifecycle/id-proof.ts';
import { intentOf } from '../../../lifecycle/intent.ts';
import type { Intent } from '../../../lifecycle/intent.ts';
import type { GpuPodView, SecretApi } from '../ports.ts';

const NAME = 'gpupod-operator-installation';
const KEY = 'podIdKey';

/**
 * Reads the key that signs instance IDs and create intents from a Secret beside the record of the installation, and
 * creates it if there is none.
 *
 * @returns undefined if this process may not read it; then only names identify the owner of an instance
 */
export async function ensureProofKey(
  secrets: Pick<SecretApi, 'get' | 'create'>,
  namespace: string,
): Promise<string | undefined> {
  try {
    const secret = (await secrets.get({ namespace, name: NAME })) ?? (await createKey(secrets, namespace));
    const key = secretText(secret, KEY);
    return key.kind === 'text' ? key.text : undefined;
  } catch (error) {
    if (isForbidden(error)) {
      return undefined;
    }
    throw error;
  }
}

async function createKey(secrets: Pick<SecretApi, 'get' | 'create'>, namespace: string): Promise<Secret> {
  try {
    return await secrets.create(namespace, {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name: NAME, annotations: { 'helm.sh/resource-policy': 'keep' } },
      data: secretData({ [KEY]: randomBytes(32).toString('base64url') }),
    });
  } catch (error) {
    const other = isAlreadyExists(error) ? await secrets.get({ namespace, name: NAME }) : undefined;
    if (other === undefined) {
      throw error;
    }
    return other;
  }
}

type ObjectIdentity = Pick<GpuPod['metadata'], 'namespace' | 'uid'>;

/** The signatures of the operator for this GpuPod, and for others. */
export function idProofsFor(
  { view, proofKey }: { readonly view: GpuPodView; readonly proofKey: string | undefined },
  { metadata }: GpuPod,
): IdProofs {
  return {
    of: proofsWith(proofKey, metadata),
    ofIntent: (intent) =>
      proofKey === undefined ? undefined : proveIntent(proofKey, metadata.namespace, intent),
    isProvenElsewhere: (podId) =>
      proofKey !== undefined &&
      holdersElsewhere(view, metadata.uid, podId).some((object) => isProvenHolder(proofKey, object)),
  };
}

/** Whether the operator wrote the instance ID and the account in the status, or cannot sign any. */
export function hasProvenStatus(
  { proofKey }: { readonly proofKey: string | undefined },
  { metadata, status }: GpuPod,
): boolean {
  return (
    proofKey === undefined ||
    status.podId === undefined ||
    isProvenStatus({ of: proofsWith(proofKey, metadata) }, status)
  );
}

/** Whether the operator wrote the create intent of the GpuPod as it is. */
export function hasProvenIntent(proofKey: string, gpuPod: GpuPod): boolean {
  const intent = intentOf(gpuPod);
  const ofIntent = (one: Intent): string => proveIntent(proofKey, gpuPod.metadata.namespace, one);
  return intent !== undefined && isProvenIntent({ ofIntent }, intent);
}

function proofsWith(proofKey: string | undefined, owner: ObjectIdentity): IdProofs['of'] {
  return (podId, account) => (proofKey === undefined ? undefined : proveId(proofKey, owner, podId, account));
}

function isProvenHolder(proofKey: string, object: KubernetesObject): boolean {
  const parsed = parseGpuPod(object);
  return parsed.kind === 'ok' && hasProvenStatus({ proofKey }, parsed.gpuPod);
}

/** True if the status of another GpuPod names this ID, whoever wrote it. */
export function isHeldElsewhere(
  { view }: { readonly view: GpuPodView },
  { metadata }: GpuPod,
  podId: string,
): boolean {
  return holdersElsewhere(view, metadata.uid, podId).length > 0;
}

function holdersElsewhere(view: GpuPodView, uid: string, podId: string): readonly KubernetesObject[] {
  return view
    .list()
    .filter(
      (object) => object.metadata.uid !== uid && stringAt(recordAt(object, 'status'), 'podId') === podId,
    );
}
