import { recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { podIdOf } from '../readings.ts';
import type { Change } from '../simulated-api-server.ts';
import { isByOperator, objectOf, intentOf, podIdIn } from './guard.ts';
import type { Arrival, Guard, GuardedWorld } from './guard.ts';

/**
 * No GpuPod ends an instance that was created for another one, or shows where it is, but for what a dead uid of the same
 * namespace left behind. What no GpuPod decided to end, as in a sweep, belongs to none that lives.
 */
export function tenantGuard(world: GuardedWorld): Guard {
  /** Namespaces of all GpuPods that ever were, by uid. */
  const namespaces = new Map<string, string>();

  function isOthers(uid: string, podId: string): boolean {
    const owner = intentOf(world, podId)?.uid;
    if (owner === undefined || owner === uid) return false;
    return objectOf(world, owner) !== undefined || namespaces.get(owner) !== namespaces.get(uid);
  }

  /** By its order, or because it was adopted. */
  function isOfLiving(podId: string): boolean {
    const adopter = objectOf(world, world.books.owners.get(podId));
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
      world.books.accuse('tenant', `${name} shows where ${pod.name} is, which is not its own`);
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
      // What has ended already cannot be ended by anybody.
      if (pod === undefined || !world.api.world.pods.isLive(pod)) return;
      const isWrong = actor === undefined ? isOfLiving(podId) : isOthers(actor, podId);
      if (!isWrong) return;
      const owner = intentOf(world, podId)?.objectKey ?? '';
      const who = actor === undefined ? 'a sweep' : nameOf(world, actor);
      world.books.accuse('tenant', `${who} ends ${podId}, which is of ${owner}`);
    },
  };
}

function nameOf(world: GuardedWorld, uid: string): string {
  return objectOf(world, uid)?.metadata.name ?? uid;
}
