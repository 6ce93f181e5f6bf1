/** Every name on an object or in a manifest, in one place. */

export const GROUP = 'gpupod.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'GpuPod';
export const PLURAL = 'gpupods';

/** The kinds of accounts, with their plurals: of one namespace, or of the whole cluster. */
export const ACCOUNT_PLURALS = {
  GpuAccount: 'gpuaccounts',
  ClusterGpuAccount: 'clustergpuaccounts',
} as const;

export type AccountKind = keyof typeof ACCOUNT_PLURALS;

/** The GpuAccount that pays in its namespace where a GpuPod names none. */
export const DEFAULT_ACCOUNT_NAME = 'default';

/** Set before anything is paid for, and removed after the instance is proven terminated. */
export const FINALIZER = `${GROUP}/rental`;

/** On an account, and on the Secret with its key, while GpuPods have instances or open create intents with it. */
export const IN_USE_FINALIZER = `${GROUP}/in-use`;

/** The annotations that the operator reads: those that people set, and those that it writes. */
export const ANNOTATIONS = {
  /** Written before each create request: what the operator is about to rent. JSON, see `Intent`. */
  intent: `${GROUP}/intent`,
  /** `"true"`: the operator does nothing with the GpuPod, not even for a deletion. Its instance keeps billing. */
  paused: `${GROUP}/paused`,
  /** Any new value requests a new attempt after a stall, an interruption or a loss. */
  reconcileRequestedAt: `${GROUP}/reconcile-requested-at`,
  /**
   * The exact instance ID (or, while the create intent is unresolved, the instance name): releases the GpuPod without
   * proof that the instance ended.
   */
  forceRelease: `${GROUP}/force-release`,
  /** The exact instance name: a person has confirmed that this instance does not exist. */
  confirmAbsent: `${GROUP}/confirm-absent`,
  /** On an account, the exact user ID: a person has confirmed that its API key now belongs to this user. */
  acceptUser: `${GROUP}/accept-user`,
  /**
   * On an account, `<name>/<UID>`: the Secret that carries the finalizer of the account, should it be renamed meanwhile.
   * The operator writes it.
   */
  protectedSecret: `${GROUP}/protected-secret`,
} as const;

/** A create intent has a few thousand characters, whatever the provider names things. */
const MAX_INTENT_CHARS = 32_768;
/** IDs, names, and whatever people write to ask for a reconcile. */
const MAX_ANNOTATION_CHARS = 1_024;

/** The annotations that the operator reads, with the most characters that mean something in each. */
export const ANNOTATION_LENGTHS: ReadonlyMap<string, number> = new Map(
  Object.values(ANNOTATIONS).map((name) => [
    name,
    name === ANNOTATIONS.intent ? MAX_INTENT_CHARS : MAX_ANNOTATION_CHARS,
  ]),
);

/** On the CRD and on the namespace of the operator, `"true"`: the admission policy of the chart allows the deletion. */
export const ALLOW_DELETION_ANNOTATION = `${GROUP}/allow-deletion`;

/** On the operator's Lease: USD spent so far, so that the metrics survive a restart. */
export const SPENT_ANNOTATION = `${GROUP}/spent`;

/** On the operator's Lease: which installation holds it, so that another one that waits can say so. */
export const LEASE_ANNOTATIONS = {
  owner: `${GROUP}/lease-owner`,
  watchNamespaces: `${GROUP}/watch-namespaces`,
} as const;

/** On the CRD: what it holds, and which version of the operator it came with. */
export const CRD_ANNOTATIONS = {
  hash: `${GROUP}/crd-hash`,
  version: `${GROUP}/crd-version`,
} as const;

/** Labels on what the operator creates in the cluster. */
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
} as const;

export const OPERATOR_NAME = 'gpupod-operator';
