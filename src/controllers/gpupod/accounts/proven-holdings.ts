import type { AccountSession } from '../../../accounts/session.ts';
import { readReference, recordedReference } from '../../../accounts/sums/stated.ts';
import { oncePerObject } from '../../../api/common/once-per-object.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPodStatus } from '../../../api/gpupod/status.ts';
import { objectKey } from '../../../kubernetes/objects.ts';
import { identityOf } from '../../../lifecycle/account.ts';
import { accountKey, referenceOf } from '../../../lifecycle/account-identity.ts';
import { proveId } from '../../../lifecycle/id-proof.ts';
import type { StatedAccount } from '../../../lifecycle/id-proof.ts';
import { intentOf } from '../../../lifecycle/intent.ts';
import { currentAttempt, hasOutcome } from '../../../lifecycle/status/attempts.ts';
import { hasProvenIntent, hasProvenStatus } from '../installation/id-proofs.ts';
import type { LocalStates } from '../local-states.ts';
import type { Payers } from './payers.ts';

/** A GpuPod, and the account that it holds, as `accountKey` writes it. */
export interface Holding {
  readonly account: string;
  readonly gpuPod: GpuPod;
}

/**
 * Begins one look at all GpuPods. The function that it returns names what the operator surely wrote: the accounts that
 * a GpuPod holds, whatever its status states.
 */
export type ProvenHoldings = () => (gpuPod: GpuPod) => readonly Holding[];

export interface ProvenHoldingsOptions {
  readonly localStates: Pick<LocalStates, 'ofUid'>;
  /** Undefined: nothing is signed, and every status is believed. */
  readonly proofKey: string | undefined;
  readonly payers: Pick<Payers, 'statedAccounts'>;
  readonly registry: { all(): readonly Session[] };
}

type Session = Pick<AccountSession, 'name'> & { readonly account: Pick<AccountSession['account'], 'state'> };

const NONE: readonly Holding[] = [];

/**
 * Whoever can write a status could otherwise have an account given up, and its key with it, while its instance bills.
 * All GpuPods are looked at twice a second, so only a status that nothing proves costs more than a look at a map.
 */
export function provenHoldings(options: ProvenHoldingsOptions): ProvenHoldings {
  const { localStates, proofKey } = options;
  const isSigned = oncePerObject((gpuPod: GpuPod) => isAccountSigned(proofKey, gpuPod));
  const isProven = oncePerObject((gpuPod: GpuPod) => hasProvenStatus({ proofKey }, gpuPod));
  const beginSearch = proofKey === undefined ? undefined : accountSearch(proofKey, options);
  return () => {
    const search = beginSearch?.();
    return (gpuPod) => {
      if (isSigned(gpuPod)) {
        return NONE;
      }
      const { metadata, status } = gpuPod;
      const signed = localStates.ofUid(objectKey(gpuPod), metadata.uid)?.signed;
      if (signed !== undefined && isOpen(status, signed)) {
        return holdingOf({ ...gpuPod, status: signed });
      }
      return search === undefined || status.podId === undefined || isProven(gpuPod)
        ? NONE
        : [...search(gpuPod)].map((account) => ({ account, gpuPod }));
    };
  };
}

/** Earlier versions signed the ID only, which proves no account. */
function isAccountSigned(proofKey: string | undefined, { metadata, status }: GpuPod): boolean {
  const { podId, podIdProof, account } = status;
  return (
    proofKey !== undefined &&
    podId !== undefined &&
    account !== undefined &&
    podIdProof === proveId(proofKey, metadata, podId, account)
  );
}

/** Whether the status does not record how the attempt of this signed status ended. */
function isOpen(status: GpuPodStatus, signed: GpuPodStatus): boolean {
  const attempt = currentAttempt(signed)?.number;
  return (status.podId !== undefined || attempt !== undefined) && !hasOutcome(status, attempt);
}

function holdingOf(gpuPod: GpuPod): readonly Holding[] {
  const reference = recordedReference(gpuPod);
  return reference === undefined
    ? NONE
    : [{ account: accountKey(reference, gpuPod.metadata.namespace), gpuPod }];
}

/** Begins one look, and returns what finds the accounts of a GpuPod whose status nothing proves. */
type AccountSearch = () => (gpuPod: GpuPod) => ReadonlySet<string>;

function accountSearch(proofKey: string, { payers, registry }: ProvenHoldingsOptions): AccountSearch {
  const triedIn = perNamespace(() => new TriedAccounts(proofKey));
  const byIntent = oncePerObject((gpuPod: GpuPod) => accountByIntent(proofKey, gpuPod));
  return () => {
    const possibleIn = perNamespace((namespace) => {
      const tried = triedIn(namespace);
      tried.add(payers.statedAccounts(namespace));
      return { tried, unknown: unknownAccounts(namespace, registry.all()) };
    });
    return (gpuPod) => {
      const { namespace } = gpuPod.metadata;
      const { tried, unknown } = possibleIn(namespace);
      const byProof = gpuPod.status.podIdProof === undefined ? NO_NAMES : (tried.namesFor(gpuPod) ?? unknown);
      return new Set([...byProof, ...byIntent(gpuPod)]);
    };
  };
}

const NO_NAMES: readonly string[] = [];

function perNamespace<T>(make: (namespace: string) => T): (namespace: string) => T {
  const made = new Map<string, T>();
  return (namespace) => {
    const value = made.get(namespace) ?? make(namespace);
    made.set(namespace, value);
    return value;
  };
}

/** Accounts of this namespace whose user this process does not know yet. A proof may name any of them. */
function unknownAccounts(namespace: string, sessions: readonly Session[]): readonly string[] {
  return sessions
    .filter(({ account }) => identityOf(account.state) === undefined)
    .map(({ name }) => name)
    .filter((name) => referenceOf(name, namespace) !== undefined);
}

/** The accounts that a proof of one namespace may name. A signature is costly, so each object tries each of them once. */
class TriedAccounts {
  readonly #proofKey: string;
  readonly #accounts = new Map<string, StatedAccount>();
  readonly #outcomes = new WeakMap<
    GpuPod,
    { readonly tried: number; readonly account: StatedAccount | undefined }
  >();

  constructor(proofKey: string) {
    this.#proofKey = proofKey;
  }

  add(accounts: readonly StatedAccount[]): void {
    for (const account of accounts) {
      const { kind, name, origin, userId } = account;
      this.#accounts.set(JSON.stringify([kind, name, origin, userId]), account);
    }
  }

  /** The account that the proof names, as `accountKey` writes it; none for the operator's own key. Undefined if unknown. */
  namesFor(gpuPod: GpuPod): readonly string[] | undefined {
    const account = this.#accountOf(gpuPod);
    const reference = readReference(account);
    return reference === undefined ? account && NO_NAMES : [accountKey(reference, gpuPod.metadata.namespace)];
  }

  #accountOf(gpuPod: GpuPod): StatedAccount | undefined {
    const { tried, account } = this.#outcomes.get(gpuPod) ?? { tried: 0, account: undefined };
    if (account !== undefined || tried === this.#accounts.size) {
      return account;
    }
    const { podId = '', podIdProof } = gpuPod.status;
    const found = [...this.#accounts.values()]
      .slice(tried)
      .find((one) => proveId(this.#proofKey, gpuPod.metadata, podId, one) === podIdProof);
    this.#outcomes.set(gpuPod, { tried: this.#accounts.size, account: found });
    return found;
  }
}

/** The account that the signed create intent names, unless its attempt is over. */
function accountByIntent(proofKey: string, gpuPod: GpuPod): readonly string[] {
  const intent = intentOf(gpuPod);
  return intent?.payer !== undefined &&
    !hasOutcome(gpuPod.status, intent.attempt) &&
    hasProvenIntent(proofKey, gpuPod)
    ? [accountKey(intent.payer, gpuPod.metadata.namespace)]
    : NO_NAMES;
}
