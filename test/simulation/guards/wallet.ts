import type { Pod } from '../../../src/simulator/world/pod.ts';
import { podIdOf } from '../readings.ts';
import { OPERATOR } from '../payer-book.ts';
import type { Change } from '../simulated-api-server.ts';
import { isByOperator, intentOf, podIdIn, podNameOf } from './guard.ts';
import type { Arrival, Guard, GuardedSimulation } from './guard.ts';

/**
 * With the key of one user the operator creates nothing for a GpuPod whose instance another user pays for,
 * does not terminate that instance, and does not report it as terminated. With the right key it does not
 * report a billing instance as terminated either.
 */
export function walletGuard(simulation: GuardedSimulation): Guard {
  const { pods } = simulation.api.world;

  function judgeCreate({ request }: Arrival): void {
    const uid = simulation.journal.intents.get(podNameOf(request.bodyText))?.uid;
    if (uid === undefined) return;
    for (const pod of pods.live()) {
      if (pod.userId !== request.userId && intentOf(simulation, pod.id)?.uid === uid) {
        addViolation(`creates for ${uid} as ${String(request.userId)} while ${pod.name} bills ${pod.userId}`);
      }
    }
  }

  function judgeDelete({ request }: Arrival): void {
    const pod = pods.byId.get(podIdIn(request));
    if (pod === undefined || intentOf(simulation, pod.id) === undefined || pod.userId === request.userId) {
      return;
    }
    addViolation(`terminates ${pod.name} as ${String(request.userId)}, which bills ${pod.userId}`);
  }

  function judgeReport({ object, before }: Change): void {
    const podId = podIdOf(before);
    const pod = podId === undefined || podIdOf(object) === podId ? undefined : pods.byId.get(podId);
    if (pod === undefined || !pods.isLive(pod) || !isOf(pod, object.metadata.uid)) return;
    const oracle = usersOf(simulation, pod).includes(pod.userId) ? 'given-up' : 'wallet';
    simulation.journal.addViolation(
      oracle,
      `${object.metadata.name} reports ${pod.name} as terminated, which bills ${pod.userId}`,
    );
  }

  function isOf(pod: Pod, uid: string): boolean {
    return simulation.journal.uidOf(pod.id, pod.name) === uid;
  }

  function addViolation(message: string): void {
    simulation.journal.addViolation('wallet', message);
  }

  return {
    onChange: (change) => {
      if (change.kind === 'gpupods' && isByOperator(change) && change.type === 'MODIFIED') {
        judgeReport(change);
      }
    },
    onArrival: (arrival) => {
      const { method, route } = arrival.request;
      if (method === 'POST' && route === '/pods/') judgeCreate(arrival);
      if (method === 'DELETE' && route === '/pods/{id}') judgeDelete(arrival);
    },
  };
}

/** The users whose keys act for this instance now. */
function usersOf({ payers, userId }: GuardedSimulation, { name }: Pod): readonly (string | undefined)[] {
  const account = payers?.intents.get(name)?.account ?? OPERATOR;
  return account === OPERATOR ? [userId] : (payers?.chosenUsersOf(account).ofKeys ?? []);
}
