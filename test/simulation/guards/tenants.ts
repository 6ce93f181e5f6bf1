import { recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { podIdOf } from '../readings.ts';
import type { Change } from '../simulated-api-server.ts';
import { isByOperator, objectOf, intentOf, podIdIn } from './guard.ts';
import type { Arrival, Guard, GuardedSimulation } from './guard.ts';

/**
 * No GpuPod terminates the instance of another GpuPod or shows its address, unless it comes from a deleted
 * UID of the same namespace. A termination that no GpuPod decided, as in a sweep, must not affect an
 * existing GpuPod.
 */
export function tenantGuard(simulation: GuardedSimulation): Guard {
  /** The namespaces of all GpuPods ever created, by UID. */
  const namespaces = new Map<string, string>();

  function isOthers(uid: string, podId: string): boolean {
    const owner = intentOf(simulation, podId)?.uid;
    if (owner === undefined || owner === uid) return false;
    return objectOf(simulation, owner) !== undefined || namespaces.get(owner) !== namespaces.get(uid);
  }

  /** By its create intent, or because it was adopted. */
  function isOfLiving(podId: string): boolean {
    const adopter = objectOf(simulation, simulation.journal.owners.get(podId));
    return (
      objectOf(simulation, intentOf(simulation, podId)?.uid) !== undefined ||
      (adopter !== undefined && podIdOf(adopter) === podId)
    );
  }

  function judgeAddress(object: RawObject): void {
    const podId = podIdOf(object);
    const pod = podId === undefined ? undefined : simulation.api.world.pods.byId.get(podId);
    if (pod === undefined || stringAt(recordAt(object, 'status')['ssh'], 'host') !== pod.host) return;
    const { name, uid } = object.metadata;
    const isStrangers = intentOf(simulation, pod.id) === undefined;
    if (isStrangers || isOthers(uid, pod.id)) {
      simulation.journal.addViolation(
        'tenant',
        `${name} shows the address of ${pod.name}, which is not its own`,
      );
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
      const pod = simulation.api.world.pods.byId.get(podId);
      // Nothing can terminate an instance that has already terminated.
      if (pod === undefined || !simulation.api.world.pods.isLive(pod)) return;
      const isWrong = actor === undefined ? isOfLiving(podId) : isOthers(actor, podId);
      if (!isWrong) return;
      const owner = intentOf(simulation, podId)?.objectKey ?? '';
      const who = actor === undefined ? 'a sweep' : nameOf(simulation, actor);
      simulation.journal.addViolation('tenant', `${who} terminates ${podId}, which belongs to ${owner}`);
    },
  };
}

function nameOf(simulation: GuardedSimulation, uid: string): string {
  return objectOf(simulation, uid)?.metadata.name ?? uid;
}
