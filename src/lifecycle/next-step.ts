import type { Observation } from './observation.ts';
import { finishDeletion, forceRelease, restoreFinalizer } from './rules/deletion.ts';
import { finishTermination } from './rules/termination.ts';
import { stopAfterNotCreated, stopAfterRefusals } from './rules/exhausted.ts';
import { followInstance } from './rules/follow.ts';
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
import { rent } from './rules/rent.ts';
import { startOver, stayStalled } from './rules/start-over.ts';
import { terminateDuplicates, terminateUnbound } from './rules/duplicates.ts';
import { suspend } from './rules/suspension.ts';
import type { Rule, Step } from './step.ts';

/** The life of a GpuPod as a row of rules; the first that applies says what is next. The order is the meaning. */
const RULES: readonly Rule[] = [
  forceRelease, //             a person takes the responsibility
  paused, //                   a person wants nothing to happen
  accountDoubtful, //          another account's answers say nothing about our pods
  restoreFinalizer, //         what is paid for must not vanish unseen
  terminateUnbound, //               an answer came for an order that is no more
  terminateDuplicates, //                surplus pods of this object
  stayReleased, //             released, and held by somebody else's finalizer
  adoptNewer, //               what is on the object is from an older moment than what runs
  resolvePendingCreate, //             unknown is not failure: look it up before anything else is rented
  foreignIntent, //             another installation's order is not ours to touch
  correctName, //              an ending of an earlier attempt is not meant for the instance that runs
  finishTermination, //             an ending that was begun
  finishDeletion, //           the object goes when the rental was seen to have ended
  startOver, //                a new spec or a request lifts what stalled it
  suspend,
  followInstance, //             what is rented
  stayStalled, //              what only a person can lift
  refuseWhileDropped, //       a CRD that forgets what protects money
  refuseForbidden, //          what the operator's settings forbid
  stopAfterFailures,
  stopAfterNotCreated,
  stopAfterInvalidRequests,
  stopAfterRefusals,
  awaitKnownAccount, //        nothing is rented on an account of nobody knows whom
];

export function nextStep(observation: Observation): Step {
  for (const rule of RULES) {
    const step = rule(observation);
    if (step !== undefined) {
      return step;
    }
  }
  return rent(observation);
}
