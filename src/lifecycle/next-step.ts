import { clampToDeadlines } from './deadlines.ts';
import type { Observation } from './observation.ts';
import { finishDeletion, forceRelease, restoreFinalizer } from './rules/deletion.ts';
import { finishTermination } from './rules/termination.ts';
import {
  stopAfterFailures,
  stopAfterInvalidRequests,
  stopAfterNotCreated,
  stopAfterRefusals,
} from './rules/exhausted.ts';
import {
  awaitFirstSnapshot,
  awaitPorts,
  awaitSsh,
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
import { endExpired, stopAtCostLimit } from './rules/expire.ts';
import { withProbe } from './rules/reach.ts';
import { reportForeignInstance, withholdAddress } from './rules/identity.ts';
import { refuseForbidden, refuseWhileCrdOutdated } from './rules/forbidden.ts';
import { awaitFittingKey, awaitKnownAccount } from './rules/account-held.ts';
import { endPausedAtCeiling, leavePausedAlone, reportForeignIntent } from './rules/held-back.ts';
import { awaitAccountUser, awaitUsableAccount, closeUnpaid } from './rules/payer.ts';
import { stayReleased } from './rules/release.ts';
import { resolvePendingCreate } from './rules/look-up.ts';
import { adoptNewer, correctName } from './rules/newer.ts';
import { awaitCleanList, awaitPermit, awaitRetry, rentFromOffers } from './rules/rent.ts';
import { refuseBadKey } from './rules/ssh-key.ts';
import { startOver, stayStalled } from './rules/start-over.ts';
import { terminateDuplicates, terminateUnbound } from './rules/duplicates.ts';
import { suspend } from './rules/suspension.ts';
import type { Rule, Step } from './step.ts';

/** Rules about the instance that the status names. Those with the strongest evidence come first. */
export const INSTANCE_RULES: readonly Rule[] = [
  ofInstance(closeLost), //           the provider no longer has it
  ofInstance(reportForeignInstance), // its name shows that it belongs to somebody else
  ofInstance(comparePrice), //        it bills more than the cap
  ofInstance(compareWithRequest), //  it does not match the create request
  ofInstance(endExpired), //          it has reached its lifetime, or the cost limit
  ofInstance(investigate), //         something suggests that it has ended
  ofInstance(reportStaleness), //     its last snapshot is too old
  ofInstance(awaitFirstSnapshot), //  it has no snapshot yet
  ofUsable(withholdAddress), //       nothing shows yet that it belongs to this GpuPod
  ofUsable(confirmPrice), //          its price is not confirmed yet
  ofUsable(awaitPorts), //            the next list shows its ports
  ofUsable(awaitSsh), //              its SSH server has not answered, and should
  ofUsable(reportUsable), //          it is ready: writes the connection Secret, then the status
  ofInstance(readAddress), //         it is installed, and only its endpoint is missing
  ofInstance(reportUnusable), //      it is starting, stopped or failed
];

/** Rules for a GpuPod that may rent and has no instance. If none applies, it rents. */
export const SEARCH_RULES: readonly Rule[] = [
  awaitRetry, //                      the last create request could not be sent
  awaitCleanList, //                  an earlier instance may still run
  awaitPermit, //                     a circuit breaker holds create requests back
];

/**
 * The life of a GpuPod as a list of rules. Each rule is a pure function of the observation, and the first one that
 * returns a step decides. The sequence therefore carries the meaning: a rule may rely on every rule before it not
 * applying.
 */
const RULES: readonly Rule[] = [
  // A person's word comes before every rule that waits for the provider.
  forceRelease, //                    releases a deleted GpuPod whose instance a person named, without proof
  leavePausedAlone, //                does nothing while the annotation is set, not even for a deletion, before the ceiling

  // The answers to another account's key prove nothing about our instances.
  closeUnpaid, //                     closes a create intent that created nothing and that its account no longer pays for
  awaitUsableAccount, //              waits for an account that exists and may pay
  awaitFittingKey, //                 waits until the API key fits the account of what bills

  endPausedAtCeiling, //              terminates the instance of a paused GpuPod at the lifetime ceiling

  // No instance that bills may be forgotten.
  restoreFinalizer, //                puts a stripped finalizer back, so that the GpuPod cannot vanish
  terminateUnbound, //                terminates an instance that only a create response names
  terminateDuplicates, //             terminates surplus instances of this GpuPod
  stayReleased, //                    waits for the finalizers of others on a released GpuPod
  adoptNewer, //                      adopts an instance that is newer than the status, as after a restore

  // An unknown outcome is not a failure. Nothing else is rented until it is known.
  resolvePendingCreate, //            adopts the instance of the create request, or proves that there is none
  reportForeignIntent, //             leaves another installation's create intent to a person

  // What was begun is finished, whatever the spec says by now.
  correctName, //                     corrects the recorded attempt of the instance, as after a partial restore
  finishTermination, //               terminates the instance, and closes its attempt once the end is proven
  finishDeletion, //                  releases a deleted GpuPod once a complete list shows no instance of it

  // The spec decides about the instance that runs.
  startOver, //                       resets failures and stalls for a new spec, or at the request of a person
  suspend, //                         terminates the instance, and rents none
  ...INSTANCE_RULES, //               follows the instance until it is ready, lost or failed

  // Nothing is rented now. These rules say why it stays so.
  stayStalled, //                     a person must act after a loss, a timeout or an invalid request
  refuseWhileCrdOutdated, //          the installed CRD drops status fields that protect money
  refuseForbidden, //                 the operator's settings forbid what the spec asks for
  refuseBadKey, //                    nobody could log in with the public key of the spec
  stopAfterFailures, //               too many instances were rented and did not become ready
  stopAfterNotCreated, //             too many attempts in a row ended without an instance
  stopAfterInvalidRequests, //        several offers refused the request as invalid
  stopAfterRefusals, //               too many create requests were refused
  stopAtCostLimit, //                 earlier attempts leave nothing to spend
  awaitKnownAccount, //               nobody knows which account would pay
  awaitAccountUser, //                the account's key may not say whose it is
  ...SEARCH_RULES, //                 the next create request has to wait
];

/** The next step of a GpuPod. If no rule applies, it rents. A rest ends at the nearest deadline at the latest. */
export function nextStep(observation: Observation): Step {
  const step = firstStep(RULES, observation) ?? rentFromOffers(observation);
  return withProbe(observation, clampToDeadlines(observation, step));
}

/** The step of the first rule that applies; undefined if none does. */
export function firstStep(rules: readonly Rule[], observation: Observation): Step | undefined {
  for (const rule of rules) {
    const step = rule(observation);
    if (step !== undefined) {
      return step;
    }
  }
  return undefined;
}
