import { randomBytes, randomUUID } from 'node:crypto';
import { parseGpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import { GROUP, PLURAL, VERSION } from '../../src/api/common/names.ts';
import { isRecord, recordAt, stringAt, stringsOf } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { proveId } from '../../src/lifecycle/id-proof.ts';
import { parsePodName, podName } from '../../src/lifecycle/pod-name.ts';
import type { FakeApiServer } from '../kubernetes/support/fake-api-server.ts';
import type { Scene } from './scene.ts';

const GPU_PODS = `/apis/${GROUP}/${VERSION}/${PLURAL}`;
const SECRETS = '/api/v1/secrets';
const INSTALLATION = 'gpupod-operator-installation';

/**
 * Plants copies of a GpuPod that an operator has made Ready, each with an instance and a connection Secret of its own,
 * as that operator would have left them. Renting many thousand takes minutes, and only what follows is of interest.
 *
 * @param seed the name of the GpuPod; it must be part of no other text in the object
 */
export function plantReady(
  scene: Scene,
  server: FakeApiServer,
  seed: string,
  names: readonly string[],
): void {
  const { objects } = server;
  const { namespace, simulator } = scene;
  const gpuPod = stored(server, GPU_PODS, `${namespace}/${seed}`);
  const secret = stored(server, SECRETS, `${namespace}/${seed}-connection`);
  const own = stored(server, SECRETS, `${namespace}/${INSTALLATION}`);
  const key = Buffer.from(stringAt(recordAt(own, 'data'), 'podIdKey') ?? '', 'base64').toString();
  const parsed = parseGpuPod(gpuPod);
  if (parsed.kind === 'invalid') throw new Error(parsed.problems);
  const { status, metadata } = parsed.gpuPod;
  const pod = simulator.pods.get(status.podId ?? '');
  const { installation = '' } = parsePodName(pod.name) ?? {};
  for (const name of names) {
    const uid = randomUUID();
    const id = randomBytes(16).toString('hex');
    const ownName = podName(installation, { namespace, uid, name }, 1);
    simulator.pods.byId.set(id, { ...pod, id, name: ownName });
    const proof = proveId(key, { namespace, uid }, id, status.account);
    const replacements: readonly Replacement[] = [
      [pod.name, ownName],
      [pod.id, id],
      [metadata.uid, uid],
      [seed, name],
      [status.podIdProof ?? '', proof],
    ];
    objects.put(GPU_PODS, `${namespace}/${name}`, renamed(gpuPod, replacements));
    objects.put(SECRETS, `${namespace}/${name}-connection`, renamedSecret(secret, replacements));
  }
}

type Replacement = readonly [from: string, to: string];

function renamed(object: RawObject, replacements: readonly Replacement[]): Record<string, unknown> {
  const copy: unknown = JSON.parse(replaced(JSON.stringify(object), replacements));
  return isRecord(copy) ? { ...copy } : {};
}

/** The values of a Secret are in base64. */
function renamedSecret(secret: RawObject, replacements: readonly Replacement[]): Record<string, unknown> {
  const data = Object.entries(stringsOf(secret['data'])).map(([key, value]) => {
    const text = Buffer.from(value, 'base64').toString();
    return [key, Buffer.from(replaced(text, replacements)).toString('base64')];
  });
  return { ...renamed(secret, replacements), data: Object.fromEntries(data) };
}

function replaced(text: string, replacements: readonly Replacement[]): string {
  return replacements.reduce((all, [from, to]) => all.replaceAll(from, to), text);
}

function stored(server: FakeApiServer, collection: string, key: string): RawObject {
  const object = server.objects.get(collection, key);
  if (object === undefined) throw new Error(`${collection} has no ${key}`);
  return object;
}
