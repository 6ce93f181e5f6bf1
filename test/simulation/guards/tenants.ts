import { recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { podIdOf } from '../readings.ts';
import type { Change } from '../simulated-api-server.ts';
import { isByOperator, objectOf, intentOf, podIdIn } from './guard.ts';
import type { Arrival, Guard, GuardedWorld } from './guard.ts';

/**
 * No GpuPod terminates the instance of another GpuPod or shows its address, unless it comes from a deleted
 * UID of the same namespace. A termination that no GpuPod decided, as in a sweep, must not affect an
 * existing GpuPod.
 */
export function tenantGuard(world: GuardedWorld): Guard {
  /** The namespaces of all GpuPods ever created, by UID. */
  const namespaces = new Map<string, string>();

  function isOthers(uid: string, podId: string): boolean {
    const owner = intentOf(world, podId)?.uid;
    if (owner === undefined || owner === uid) return false;
    return objectOf(world, owner) !== undefined || namespaces.get(owner) !== namespaces.get(uid);
  }

  /** By its create intent, or because it was adopted. */
  function isOfLiving(podId: string): boolean {
    const adopter = objectOf(world, world.journal.owners.get(podId));
    return (
      objectOf(world, intentOf(world, podId)?.uid) !== undefined ||
      (adopter !== undefined && podIdOf(adopter) === podId)
    );
  }

  function judgeAddress(object: RawObject): void {
    const podId = podIdOf(object);
    const pod = podId === undefined ? undefined : world.api.world.pods.byId.get(podId);
    if (pod === undefined || stringAt(recordAt(object, 'status')['ssh'], 'host') !== pod.host) return;
    const { name, uid } = object.metadata;
    const isStrangers = intentOf(world, pod.id) === undefined;
    if (isStrangers || isOthers(uid, pod.id)) {
      world.journal.addViolation('tenant', `${name} shows the address of ${pod.name}, which is not its own`);
    }
  }

  return {
    onChange: (change: Change) => {
      const { kind, object, type } = change;
      if (kind !== 'gpupods' || type === 'DELETED') return;
      namespaces.set(object.metadata.uid, object.metadata.namespace ?? '');
      if (isByOperator(change)) judgeAddress(object);
    },
    onArrival: ({ request, actor }: Arrival) => {
      if (request.method !== 'DELETE') return;
      const podId = podIdIn(request);
      const pod = world.api.world.pods.byId.get(podId);
      // Nothing can terminate an instance that has already terminated.
      if (pod === undefined || !world.api.world.pods.isLive(pod)) return;
      const isWrong = actor === undefined ? isOfLiving(podId) : isOthers(actor, podId);
      if (!isWrong) return;
      const owner = intentOf(world, podId)?.objectKey ?? '';
      const who = actor === undefined ? 'a sweep' : nameOf(world, actor);
      world.journal.addViolation('tenant', `${who} terminates ${podId}, which belongs to ${owner}`);
    },
  };
}

function nameOf(world: GuardedWorld, uid: string): string {
  return objectOf(world, uid)?.metadata.name ?? uid;
}
