import type { LoggedRequest } from '../../../src/simulator/api/request-log.ts';
import { specOf } from '../readings.ts';
import { objectOf, podNameOf } from './guard.ts';
import type { Guard, GuardedSimulation } from './guard.ts';

/** Added to the limit of the spec, because an instance may terminate before it counts as an attempt. */
const SPARE_ATTEMPTS = 2;
/** The limit for create requests with an unknown outcome, which only the provider could check. */
const MOST_UNKNOWN = 10;
const USUAL_ATTEMPTS = 3;

/** The number of creates without a person's request is bounded, because each may cost money. */
export function attemptsGuard(simulation: GuardedSimulation): Guard {
  const creates = new Map<string, LoggedRequest[]>();

  function judge(uid: string, earlier: readonly LoggedRequest[]): void {
    const made = earlier.filter(({ bodyText }) => isMade(podNameOf(bodyText))).length;
    const unknown = earlier.filter(({ status }) => status === null || status >= 500).length;
    const { maxAttempts } = specOf(objectOf(simulation, uid) ?? { metadata: NOBODY });
    const allowed = (typeof maxAttempts === 'number' ? maxAttempts : USUAL_ATTEMPTS) + SPARE_ATTEMPTS;
    if (made === allowed || unknown === MOST_UNKNOWN) {
      const counts = `after ${made} instances and ${unknown} creates of unknown outcome`;
      simulation.journal.addViolation(
        'bounded',
        `another create for ${uid} ${counts}, which nobody requested`,
      );
    }
  }

  function isMade(podName: string): boolean {
    return simulation.api.world.ledger.byName(podName).length > 0;
  }

  return {
    onChange: ({ kind, object, by }) => {
      if (kind === 'gpupods' && by === 'person') creates.delete(object.metadata.uid);
    },
    onArrival: ({ request }) => {
      if (request.method !== 'POST' || request.route !== '/pods/') return;
      const uid = simulation.journal.intents.get(podNameOf(request.bodyText))?.uid;
      if (uid === undefined) return;
      const earlier = creates.get(uid) ?? [];
      judge(uid, earlier);
      creates.set(uid, [...earlier, request]);
    },
  };
}

const NOBODY = { name: '', uid: '', resourceVersion: '' };
