import { hasFinalizer, isDeleting, parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { AccountRegistry } from '../../../accounts/registry.ts';
import type { ExpectedAccount } from '../../../accounts/sums/awaited-lists.ts';
import { countedAccount } from '../../../accounts/session.ts';
import type { AccountSession } from '../../../accounts/session.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { accountOfIntent, identityOf, isSurelyNotCreated, liabilityOf } from '../../../lifecycle/account.ts';
import type { LiabilityFacts } from '../../../lifecycle/account.ts';
import { accountKey, referenceOf } from '../../../lifecycle/account-identity.ts';
import type { AccountIdentity, AccountReference } from '../../../lifecycle/account-identity.ts';
import type { StatedAccount } from '../../../lifecycle/id-proof.ts';
import type { Intent } from '../../../lifecycle/intent.ts';
import { choosePayer, findCandidate, policyFor, policyWhileRented } from '../../../lifecycle/payer.ts';
import type { KnownAccounts, PayerProblem } from '../../../lifecycle/payer.ts';
import type { Policy } from '../../../lifecycle/settings.ts';
import { attemptsOf } from '../../../lifecycle/status/attempts.ts';
import { recordedReference } from '../../../accounts/sums/stated.ts';
import type { LocalStates } from '../local-states.ts';
import { intentOf } from '../../../lifecycle/intent.ts';
import { accountNames, knownAccounts } from './known-accounts.ts';
import type { AccountViews } from './known-accounts.ts';
import { likelyPayer } from './likely-payer.ts';
import type { LikelyPayer } from './likely-payer.ts';
import { absence, STARTING, unreadKey } from './payer-absence.ts';
import { recordedAccount, statedAccount } from './recorded-account.ts';
import { canActFor, isOfSameUser, mayList } from './session-facts.ts';

export interface PayersOptions {
  readonly registry: AccountRegistry;
  readonly policy: Policy;
  readonly localStates: Pick<LocalStates, 'ofVanished'>;
  /** Undefined: this operator serves no accounts. */
  readonly views: AccountViews | undefined;
}

/** Who acts for a GpuPod now, by which rules, and why nobody can. */
export interface Acting {
  readonly session: AccountSession;
  readonly policy: Policy;
  /** Absent: the operator's own API key. */
  readonly reference?: AccountReference;
  readonly payerProblem?: PayerProblem;
  /** Nothing proves that the operator wrote the account in the status. */
  readonly isAccountUnproven?: boolean;
  /** Nothing proves that the operator wrote the create intent. */
  readonly isIntentUnproven?: boolean;
  /** The create intent is open, nothing proves it, and no account of the user that it states serves the namespace. */
  readonly isOfOutsider?: boolean;
  /** The sessions of accounts that acted before. */
  readonly former?: readonly AccountSession[];
}

/**
 * Finds the account that acts for a GpuPod. While an instance or an open create intent exists, the account that is
 * recorded with it acts, whatever the spec says by now. Otherwise the spec chooses who pays for the next instance.
 */
export class Payers {
  readonly #options: PayersOptions;
  readonly #lastByKey = new Map<string, AccountSession>();
  /** GpuPods for which nobody acts now, because their account is missing, refused, or another user's. */
  readonly #heldKeys = new Set<string>();
  /** GpuPods for which something may have been rented. */
  readonly #tracedKeys = new Set<string>();
  /** The sessions that acted before, where a late instance of the GpuPod may show up. */
  readonly #formerByKey = new Map<string, Set<AccountSession>>();

  constructor(options: PayersOptions) {
    this.#options = options;
  }

  /** True if accounts are served, so that the choice depends on more than the operator's own key. */
  get isServing(): boolean {
    return this.#options.views !== undefined;
  }

  /** The accounts that may have paid for the instance of a GpuPod in this namespace, as a status would name them. */
  statedAccounts(namespace: string): readonly StatedAccount[] {
    return this.#options.registry.all().flatMap((session) => {
      const identity = identityOf(session.account.state);
      const isOwn = session === this.#options.registry.own;
      const reference = isOwn ? {} : referenceOf(session.name, namespace);
      return identity === undefined || reference === undefined ? [] : [{ ...reference, ...identity }];
    });
  }

  /** Whose limits hold for what a create intent states that nothing proves. */
  likelyPayer(gpuPod: GpuPod, intent: Intent): LikelyPayer {
    const { registry } = this.#options;
    const known = this.#known(gpuPod);
    const session = this.#sessionOf(gpuPod, accountOfIntent(intent), intent.payer) ?? registry.own;
    return known === undefined
      ? { payer: intent.payer, isServing: true }
      : likelyPayer(gpuPod, intent.payer, { registry, known, session });
  }

  of(key: string, gpuPod: GpuPod, facts: LiabilityFacts): Acting {
    const acting = this.choose(gpuPod, facts);
    if (mayHaveRented(gpuPod, facts)) {
      this.#tracedKeys.add(key);
    }
    const last = this.#lastByKey.get(key);
    if (last !== undefined && last !== acting.session) {
      leave(last, key);
      this.#noteFormer(key, last);
    }
    this.#lastByKey.set(key, acting.session);
    // The session of an account that may rent nothing new acts all the same; the own one is a stand-in.
    const isStandIn = acting.payerProblem !== undefined && acting.session === this.#options.registry.own;
    if (!isStandIn && canActFor(acting.session, statedAccount(gpuPod))) {
      this.#heldKeys.delete(key);
    } else {
      this.#heldKeys.add(key);
    }
    return { ...acting, former: this.#formerOf(key, acting.session) };
  }

  /** The fallback of a GpuPod that was held did not act, and what never rented left nothing. */
  #noteFormer(key: string, session: AccountSession): void {
    if (!this.#heldKeys.has(key) && this.#tracedKeys.has(key)) {
      this.#formerByKey.set(key, new Set([...(this.#formerByKey.get(key) ?? []), session]));
    }
  }

  /** The former sessions that can still list, and list other instances than the one that acts. */
  #formerOf(key: string, acting: AccountSession): readonly AccountSession[] {
    const { registry } = this.#options;
    return [...(this.#formerByKey.get(key) ?? [])].filter(
      (session) =>
        registry.get(session.name) === session && mayList(session) && !isOfSameUser(session, acting),
    );
  }

  /** The session that knows what a vanished GpuPod of this name left. */
  ofVanished(key: string, livingUid: string | undefined): Acting {
    const { registry, policy, localStates } = this.#options;
    const unbound = localStates.ofVanished(key, livingUid)?.localState.unbound;
    const last = this.#lastByKey.get(key);
    const session =
      unbound?.account === undefined ? last : registry.of(recordedAccount(key, undefined, localStates));
    return { session: session ?? registry.own, policy };
  }

  /** The GpuPod no longer exists. */
  forget(key: string): void {
    this.#lastByKey.delete(key);
    this.#heldKeys.delete(key);
    this.#tracedKeys.delete(key);
    for (const { inventory } of this.#formerByKey.get(key) ?? []) {
      inventory.forget(key);
    }
    this.#formerByKey.delete(key);
  }

  /** Whether another session than this one acts for the GpuPod. The fallback of a GpuPod that is held does not. */
  actsElsewhere(key: string, session: AccountSession): boolean {
    const last = this.#lastByKey.get(key);
    return last !== undefined && last !== session && !this.#heldKeys.has(key);
  }

  /** The GpuPods that the session acted for last. */
  keysOf(session: AccountSession): readonly string[] {
    return [...this.#lastByKey].filter(([, last]) => last === session).map(([key]) => key);
  }

  /** The session whose books have the instance or create intent of this GpuPod. */
  bookOf(object: KubernetesObject): AccountSession {
    const { registry } = this.#options;
    const parsed = parseGpuPod(object);
    if (parsed.kind === 'invalid') {
      return registry.own;
    }
    const recorded = statedAccount(parsed.gpuPod);
    return this.#sessionOf(parsed.gpuPod, recorded, recordedReference(parsed.gpuPod)) ?? registry.own;
  }

  /**
   * The accounts whose lists may show instances. A key that is missing, refused, or another user's cannot list anything,
   * and must not hold up all others.
   */
  expectedLists(): readonly ExpectedAccount[] {
    const { registry, views } = this.#options;
    const names = views === undefined ? [] : accountNames(views);
    const unopened = names.filter(({ name }) => registry.get(name) === undefined);
    return [
      ...registry.all().map((session) => ({ ...countedAccount(session), isHeld: !mayList(session) })),
      ...unopened.map(({ name, isReadable }) => ({
        name,
        userId: undefined,
        isOwn: false,
        wallets: [{ wallet: undefined }],
        isHeld: !isReadable,
      })),
    ];
  }

  /** Who acts at this moment. Notes nothing. */
  choose(gpuPod: GpuPod, facts: LiabilityFacts): Acting {
    // What surely created nothing binds nobody, and must not choose whose money is spent next.
    const liability = isSurelyNotCreated(facts) ? undefined : liabilityOf(facts);
    // An unreadable create intent names no account. The one that would pay next is the likeliest.
    const isUnknown = liability?.kind === 'create' && liability.recorded === undefined;
    if (liability !== undefined && !(isUnknown && liability.name === '')) {
      return this.#recorded(gpuPod, liability.recorded);
    }
    const last = isDeleting(gpuPod) ? statedAccount(gpuPod) : undefined;
    return last === undefined ? this.#next(gpuPod) : this.#recorded(gpuPod, last);
  }

  #recorded(gpuPod: GpuPod, identity: AccountIdentity | undefined): Acting {
    const { registry, policy } = this.#options;
    const reference = recordedReference(gpuPod);
    const session = this.#sessionOf(gpuPod, identity, reference);
    if (reference === undefined) {
      return { session: session ?? registry.own, policy };
    }
    const known = this.#known(gpuPod);
    const account = known?.find(reference);
    const capSent = intentOf(gpuPod)?.capSent;
    const acting = { policy: policyWhileRented(policy, account ?? {}, capSent), reference };
    return session === undefined
      ? { ...acting, session: registry.own, payerProblem: absence(gpuPod, reference, known) }
      : { ...acting, session };
  }

  #sessionOf(
    { metadata }: GpuPod,
    identity: AccountIdentity | undefined,
    reference: AccountReference | undefined,
  ): AccountSession | undefined {
    const { registry } = this.#options;
    const ofUser = identity === undefined ? undefined : registry.find(identity);
    return (
      ofUser ??
      (reference === undefined ? undefined : registry.get(accountKey(reference, metadata.namespace)))
    );
  }

  #next(gpuPod: GpuPod): Acting {
    const { registry, policy } = this.#options;
    const known = this.#known(gpuPod);
    // A suspension, a deletion or a selector decides who rents, and must not change who looks for what exists.
    const payer = isDeleting(gpuPod) ? findCandidate(gpuPod, known) : choosePayer(gpuPod, known);
    switch (payer.kind) {
      case 'operator':
        return { session: registry.own, policy };
      case 'none':
        return {
          session: registry.own,
          policy,
          payerProblem:
            known !== undefined && hasFinalizer(gpuPod)
              ? { ...payer.problem, holdsDeletion: true }
              : payer.problem,
        };
      case 'account': {
        const { reference } = payer.account;
        const name = accountKey(reference, gpuPod.metadata.namespace);
        const session = registry.shared(name);
        const acting = { policy: policyFor(policy, payer.account), reference };
        if (session === undefined) {
          return { ...acting, session: registry.own, payerProblem: STARTING };
        }
        const unread = registry.get(name)?.health.unreadKey;
        return unread === undefined
          ? { ...acting, session }
          : { ...acting, session, payerProblem: unreadKey(reference, gpuPod.metadata.namespace, unread) };
      }
    }
  }

  #known({ metadata }: GpuPod): KnownAccounts | undefined {
    const { views } = this.#options;
    return views === undefined ? undefined : knownAccounts(views, metadata.namespace);
  }
}

/**
 * Whether a create request may have been sent for the GpuPod. Of one that existed before this process nobody knows, because
 * annotations and status may have been taken away.
 */
function mayHaveRented({ status }: GpuPod, { localState, intent }: LiabilityFacts): boolean {
  return (
    localState.inFirstList ||
    intent.kind !== 'none' ||
    localState.pendingCreate !== undefined ||
    localState.unbound !== undefined ||
    status.podId !== undefined ||
    attemptsOf(status).length > 0
  );
}

/** Another session acts for the GpuPod from now on, so this one no longer watches for it. */
function leave({ poller, inventory }: AccountSession, key: string): void {
  poller.keepOnly(key, undefined);
  inventory.forget(key);
}
