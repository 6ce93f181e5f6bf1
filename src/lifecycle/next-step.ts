import { clampToDeadlines } from './deadlines.ts';
import type { Observation } from './observation.ts';
import { finishDeletion, forceRelease, restoreFinalizer } from './rules/deletion.ts';
import { finishTermination } from './rules/termination.ts';
import { stopAfterNotCreated, stopAfterRefusals } from './rules/exhausted.ts';
import {
  awaitFirstSnapshot,
  awaitPorts,
  closeLost,
  comparePrice,
  compareWithRequest,
  confirmPrice,
  investigate,
  ofInstance,
  ofUsable,
  readAddress,
  reportStaleness,
  reportUnusable,
  reportUsable,
} from './rules/follow.ts';
import { holdStranger, withholdAddress } from './rules/identity.ts';
import {
  refuseWhileDropped,
  refuseForbidden,
  stopAfterFailures,
  stopAfterInvalidRequests,
} from './rules/forbidden.ts';
import { accountDoubtful, awaitKnownAccount } from './rules/account-held.ts';
import { foreignIntent, paused } from './rules/held-back.ts';
import { stayReleased } from './rules/release.ts';
import { resolvePendingCreate } from './rules/look-up.ts';
import { adoptNewer, correctName } from './rules/newer.ts';
import { awaitCleanList, awaitPermit, awaitRetry, rentFromOffers } from './rules/rent.ts';
import { startOver, stayStalled } from './rules/start-over.ts';
import { terminateDuplicates, terminateUnbound } from './rules/duplicates.ts';
import { suspend } from './rules/suspension.ts';
import type { Rule, Step } from './step.ts';

/** Rules about the instance that the status names, from the strongest evidence to the weakest. */
export const INSTANCE_RULES: readonly Rule[] = [
  ofInstance(closeLost), //           the provider no longer has it
  ofInstance(holdStranger), //        the status names an instance of somebody else
  ofInstance(comparePrice), //        it bills more than the cap
  ofInstance(compareWithRequest), //  it is not what the create request asked for
  ofInstance(investigate), //         something suggests that it ended
  ofInstance(reportStaleness), //     its last snapshot is too old to say anything
  ofInstance(awaitFirstSnapshot), //  nothing was read of it yet
  ofUsable(withholdAddress), //       nobody has shown yet that it belongs to this GpuPod
  ofUsable(confirmPrice), //          its price is not confirmed
  ofUsable(awaitPorts), //            the next inventory shows its ports
  ofUsable(reportUsable), //          ready: the connection Secret, then the status
  ofInstance(readAddress), //         installed, but its address is missing
  ofInstance(reportUnusable), //      starting, stopped or failed
];

/** Rules for a GpuPod that has no instance and may have one. Where none applies, it is rented from the offers. */
export const SEARCH_RULES: readonly Rule[] = [
  awaitRetry, //                      the last create request could not be sent
  awaitCleanList, //                  an earlier instance may still run
  awaitPermit, //                     a circuit breaker holds create requests back
];

/** The life of a GpuPod. The first rule that applies decides the next step, so their sequence is the meaning. */
const RULES: readonly Rule[] = [
  forceRelease, //                    a person takes the responsibility
  paused, //                          a person wants nothing to happen
  accountDoubtful, //                 answers to the key of another account prove nothing
  restoreFinalizer, //                what bills must not be deleted unseen
  terminateUnbound, //                a create response came for an intent that no longer exists
  terminateDuplicates,
  stayReleased, //                    released, and kept by a finalizer of somebody else
  adoptNewer, //                      the object is older than the instance that runs
  resolvePendingCreate, //            an unknown outcome is settled before anything else is rented
  foreignIntent, //                   the create intent of another installation is not touched
  correctName, //                     a termination of an earlier attempt is not meant for this instance
  finishTermination,
  finishDeletion, //                  the GpuPod is released once its instance is proven terminated
  startOver, //                       a new spec, or a request, lifts what stalled it
  suspend,
  ...INSTANCE_RULES,
  stayStalled, //                     only a person can lift it
  refuseWhileDropped, //              the installed CRD drops fields that protect money
  refuseForbidden, //                 the operator's settings forbid it
  stopAfterFailures,
  stopAfterNotCreated,
  stopAfterInvalidRequests,
  stopAfterRefusals,
  awaitKnownAccount, //               nobody knows yet whose money it would be
  ...SEARCH_RULES,
];

/** What to do next for a GpuPod. Pure. A rest ends at the nearest deadline at the latest. */
export function nextStep(observation: Observation): Step {
  return clampToDeadlines(observation, firstStep(RULES, observation) ?? rentFromOffers(observation));
}

/** The step of the first rule that applies. */
export function firstStep(rules: readonly Rule[], observation: Observation): Step | undefined {
  for (const rule of rules) {
    const step = rule(observation);
    if (step !== undefined) {
      return step;
    }
  }
  return undefined;
}
