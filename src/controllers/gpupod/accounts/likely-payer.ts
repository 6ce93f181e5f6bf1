import type { AccountRegistry } from '../../../accounts/registry.ts';
import type { AccountSession } from '../../../accounts/session.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { identityOf } from '../../../lifecycle/account.ts';
import { accountKey, isSamePayer, referenceOf } from '../../../lifecycle/account-identity.ts';
import type { AccountReference } from '../../../lifecycle/account-identity.ts';
import { durationOf } from '../../../lifecycle/account-rules.ts';
import { findCandidate } from '../../../lifecycle/payer.ts';
import type { KnownAccount, KnownAccounts } from '../../../lifecycle/payer.ts';
import { isOfSameUser } from './session-facts.ts';

export interface LikelyPayer {
  /** Undefined: the operator's own API key. */
  readonly payer: AccountReference | undefined;
  /** Whether an account of the stated user serves the namespace, so that its GpuPods may have instances there. */
  readonly isServing: boolean;
}

interface Candidate {
  readonly payer: AccountReference | undefined;
  readonly isServing: boolean;
  readonly account?: KnownAccount | undefined;
}

interface Cluster {
  readonly registry: Pick<AccountRegistry, 'all' | 'own'>;
  readonly known: KnownAccounts;
  /** The session of the user that the create intent states. */
  readonly session: AccountSession;
}

/**
 * Whose limits hold for an instance whose create intent nothing proves. The account that the intent states is believed
 * if it has a key of the user who pays, and serves the namespace: the GpuPod could have rented with it. Otherwise
 * somebody may have removed or replaced it to lift a limit, and of the accounts of that user the strictest counts,
 * before all of those that serve the namespace.
 */
export function likelyPayer(
  gpuPod: GpuPod,
  stated: AccountReference | undefined,
  cluster: Cluster,
): LikelyPayer {
  const candidates = candidatesFor(gpuPod, cluster);
  const serving = candidates.filter(({ isServing }) => isServing);
  const believed = serving.find(({ payer }) => isSamePayer(payer, stated));
  const [strictest] = (serving.length > 0 ? serving : candidates).toSorted(byStrictness);
  const payer = believed ?? strictest;
  return { payer: payer === undefined ? stated : payer.payer, isServing: serving.length > 0 };
}

/** The accounts that this namespace can name, and whose key is of the user or, of the platform, may be. */
function candidatesFor(gpuPod: GpuPod, { registry, known, session }: Cluster): readonly Candidate[] {
  const { namespace } = gpuPod.metadata;
  return registry.all().flatMap((one): readonly Candidate[] => {
    if (one === registry.own) {
      return isOfSameUser(one, session) ? [{ payer: undefined, isServing: isForOwnKey(gpuPod, known) }] : [];
    }
    const payer = referenceOf(one.name, namespace);
    const account = payer === undefined ? undefined : known.find(payer);
    // A tenant writes GpuAccounts, and one whose key says nothing is not taken for an account of the user.
    const mayBe = payer?.kind === 'ClusterGpuAccount' && identityOf(one.account.state) === undefined;
    return account !== undefined && (mayBe || isOfSameUser(one, session))
      ? [{ payer, account, isServing: account.isForNamespace !== false }]
      : [];
  });
}

/** Whether a GpuPod of this namespace that names no account rents with the operator's own key. */
function isForOwnKey(gpuPod: GpuPod, known: KnownAccounts): boolean {
  const { accountRef: _accountRef, ...spec } = gpuPod.spec;
  return findCandidate({ ...gpuPod, spec }, known).kind === 'operator';
}

/** The operator's own settings hold for every account, so an account is never less strict than the own key. */
function byStrictness(one: Candidate, other: Candidate): number {
  const [a, b] = [strictnessOf(one), strictnessOf(other)];
  const at = a.findIndex((value, index) => value !== b[index]);
  return at === -1 ? compareNames(one, other) : (a[at] ?? 0) - (b[at] ?? 0);
}

function strictnessOf({ account }: Candidate): readonly number[] {
  const limits = account?.rules?.limits;
  const lifetimeMs = durationOf(limits?.maxLifetime) ?? Number.MAX_SAFE_INTEGER;
  return [account === undefined ? 1 : 0, lifetimeMs, limits?.allowRetain === true ? 1 : 0];
}

function compareNames({ payer: one }: Candidate, { payer: other }: Candidate): number {
  const [a, b] = [one, other].map((payer) => (payer === undefined ? '' : accountKey(payer, '')));
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
