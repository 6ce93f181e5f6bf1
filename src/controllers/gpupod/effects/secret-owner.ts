import { API_VERSION, KIND, LABELS, OPERATOR_NAME } from '../../../api/common/names.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { NewObject } from '../../../kubernetes/client/resource-client.ts';
import type { Secret } from '../../../kubernetes/client/secrets-client.ts';
import type { OwnerReference } from '../../../kubernetes/objects.ts';
import type { Context } from '../context.ts';

const SECRET_LABELS = { [LABELS.managedBy]: OPERATOR_NAME, [LABELS.name]: 'gpupod-connection' };
/** Type of the Secret, in the form of the Service Binding specification. */
const SECRET_TYPE = 'servicebinding.io/gpupod';
/** Key of the generated private key. */
export const PRIVATE_KEY = 'ssh-privatekey';
/** The type that tools look for where the Secret holds a private key. The API server requires `ssh-privatekey` in it. */
const KEY_SECRET_TYPE = 'kubernetes.io/ssh-auth';

export function isOwned({ metadata }: Secret, gpuPod: GpuPod): boolean {
  return (metadata.ownerReferences ?? []).some(({ uid }) => uid === gpuPod.metadata.uid);
}

function isConnectionSecret({ metadata: { labels = {} } }: Secret): boolean {
  return Object.entries(SECRET_LABELS).every(([label, value]) => labels[label] === value);
}

/** Whoever may write GpuPods could otherwise read each private key of the namespace on an instance of their own. */
export function isPrivateKeyOfOther(secret: Secret, key: string, gpuPod: GpuPod): boolean {
  return key === PRIVATE_KEY && isConnectionSecret(secret) && !isOwned(secret, gpuPod);
}

/** True if this operator wrote it for a GpuPod that no longer exists, deleted with `--cascade=orphan`. */
function isLeftBehind({ view }: Pick<Context, 'view'>, secret: Secret): boolean {
  const { namespace = '', ownerReferences = [] } = secret.metadata;
  const isGone = ({ kind, name, uid }: OwnerReference): boolean =>
    kind === KIND && view.get(`${namespace}/${name}`)?.metadata.uid !== uid;
  return isConnectionSecret(secret) && ownerReferences.every(isGone);
}

/** Whether the operator may write the Secret for this GpuPod. */
export function isOurs(context: Pick<Context, 'view'>, secret: Secret, gpuPod: GpuPod): boolean {
  return isOwned(secret, gpuPod) || isLeftBehind(context, secret);
}

export function newSecret(gpuPod: GpuPod, name: string, data: Record<string, string>): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: data[PRIVATE_KEY] === undefined ? SECRET_TYPE : KEY_SECRET_TYPE,
    metadata: {
      name,
      labels: SECRET_LABELS,
      ownerReferences: [ownerReference(gpuPod)],
    },
    data,
  };
}

/** The Secret with other data, owned by the GpuPod. */
export function ownedBy(secret: Secret, gpuPod: GpuPod, data: Record<string, string>): Secret {
  const metadata = isOwned(secret, gpuPod)
    ? secret.metadata
    : { ...secret.metadata, ownerReferences: [ownerReference(gpuPod)] };
  return { ...secret, metadata, apiVersion: 'v1', kind: 'Secret', data };
}

function ownerReference({ metadata }: GpuPod): OwnerReference {
  return { apiVersion: API_VERSION, kind: KIND, name: metadata.name, uid: metadata.uid, controller: true };
}
