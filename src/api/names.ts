/** Every name that stands on an object or in a manifest, in one place. */

export const GROUP = 'gpupod.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'GpuPod';
export const PLURAL = 'gpupods';

/** On an object from before anything is paid until the rental was seen to have ended. */
export const FINALIZER = `${GROUP}/rental`;

/** Annotations that people set, and the one that the operator writes. */
export const ANNOTATIONS = {
  /** Written by the operator before each create: what it is about to rent. JSON, see `Intent`. */
  intent: `${GROUP}/intent`,
  /** `"true"`: the operator leaves the object alone, its deletion included. What is rented still bills. */
  paused: `${GROUP}/paused`,
  /** Any new value asks for a new attempt now (after a Stalled, an interruption or a loss). */
  reconcileRequestedAt: `${GROUP}/reconcile-requested-at`,
  /** The exact pod id (or, while unresolved, pod name): let the object go without a proof of the end. */
  forceRelease: `${GROUP}/force-release`,
  /** The exact pod name: a person has looked, and this pod does not exist. */
  confirmAbsent: `${GROUP}/confirm-absent`,
} as const;

/** On the operator's Lease: what was spent so far, for metrics that go on over restarts. */
export const SPENT_ANNOTATION = `${GROUP}/spent`;

/** On the operator's Lease: whose process holds it, so that one that waits behind another installation can say so. */
export const LEASE_ANNOTATIONS = {
  owner: `${GROUP}/lease-owner`,
  watchNamespace: `${GROUP}/watch-namespace`,
} as const;

/** Labels on what the operator creates in the cluster. */
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
} as const;

export const OPERATOR_NAME = 'gpupod-operator';
