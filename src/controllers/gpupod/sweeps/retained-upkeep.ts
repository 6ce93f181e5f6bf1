import { identityOf, isSameAccount } from '../../../lifecycle/account.ts';
import { isInHistoryOnly } from '../../../lifecycle/instance-end.ts';
import type { InventoryView } from '../../../lifecycle/observation.ts';
import { ABSENCES_THAT_PROVE_END } from '../../../lifecycle/settings.ts';
import { listerOf } from '../../../accounts/session.ts';
import { ownerFor } from '../../../accounts/sums/stated.ts';
import type { RetainedEntry } from '../../../accounts/sums/stated.ts';
import { whileSessionLasts } from '../../../accounts/identity/session-fence.ts';
import type { Context } from '../context.ts';
import type { RetainedInstance } from './retained-instances.ts';

/** What is known about an instance that lists do not show. */
interface Missing {
  readonly sinceMs: number;
  /** When the last GET that counts was answered 404, as a monotonic time. */
  readonly readAtMs: number;
  /** How many complete lists that began after such an answer did not show it either. */
  readonly proofs: number;
}

type Parts = Pick<Context, 'retained' | 'clock' | 'log' | 'timings' | 'session'>;

/**
 * Keeps the list of retained instances true. Each counts until its termination is proven, by the same rule as for the
 * instance of a GpuPod; then its entry is removed. What a GpuAccount or ClusterGpuAccount pays for counts even while no
 * key can list it. Entries of another account are left unchanged.
 */
export class RetainedUpkeep {
  readonly #parts: Parts;
  readonly #missing = new Map<string, Missing>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Runs after the complete list of each sweep. */
  async run(): Promise<void> {
    const entries = await this.#parts.retained.list();
    const { session } = this.#parts;
    const counting = entries.filter(
      (entry) => entry.payer !== undefined || this.#accountOf(entry) === 'same',
    );
    session.reservations.takeRetained(listerOf(session), counting.map(withOwner));
    // Somebody may have removed an entry, or the whole record.
    session.reservations.unmarkRetained(new Set(entries.map(({ podId }) => podId)));
    for (const entry of entries) {
      const whose = this.#accountOf(entry);
      if (whose === 'foreign') {
        continue;
      }
      if (await this.#hasEnded(entry, whose === 'same')) {
        await this.#strikeOff(entry);
      }
    }
  }

  async #strikeOff({ podId, podName, gpuPod }: RetainedInstance): Promise<void> {
    const { retained, session, log } = this.#parts;
    await retained.remove(podId);
    session.reservations.ended(podId);
    this.#missing.delete(podId);
    log.info({ podId, podName, gpuPod }, 'removed ended instance from the retained list');
  }

  /** Entries without an account were written before accounts were recorded. */
  #accountOf({ account }: RetainedInstance): 'same' | 'foreign' | 'unknown' {
    const { state } = this.#parts.session.account;
    const session = identityOf(state);
    const recorded = account ?? (state.kind === 'unknown' ? undefined : state.unmarked);
    if (session === undefined || recorded === undefined) {
      return 'unknown';
    }
    return isSameAccount(session, recorded) ? 'same' : 'foreign';
  }

  /** Only the key of the paying account can prove an absence. Any key may prove a termination. */
  async #hasEnded({ podId, teamId }: RetainedInstance, provesAbsence: boolean): Promise<boolean> {
    const list = this.#parts.session.inventory.view({ namePrefixes: new Set(), podId, wallets: [teamId] });
    if (isInHistoryOnly(list, podId)) {
      return true;
    }
    const seen = list === undefined || list.live.length > 0 ? 'live' : await this.#read(podId);
    if (list !== undefined && seen === 'absent' && provesAbsence) {
      return this.#isProvenGone(podId, list);
    }
    this.#missing.delete(podId);
    return seen === 'ended';
  }

  async #read(podId: string): Promise<'live' | 'ended' | 'absent' | 'failed'> {
    const { mayStillSend: isSameKey } = whileSessionLasts(this.#parts.session);
    const answer = await this.#parts.session.provider.getPod(podId);
    if (!isSameKey()) {
      return 'failed';
    }
    if (answer.kind === 'ok') {
      return answer.value.status === 'TERMINATED' ? 'ended' : 'live';
    }
    return answer.kind === 'notFound' ? 'absent' : 'failed';
  }

  /** As in `instance-end.ts`: two proofs, far enough apart, and none while the provider's answers are in doubt. */
  #isProvenGone(podId: string, list: InventoryView): boolean {
    const { clock, session, timings } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (list.unidentified > 0 || session.vanished.isHolding()) {
      this.#missing.delete(podId);
      return false;
    }
    const known = this.#missing.get(podId) ?? { sinceMs: nowMs, readAtMs: nowMs, proofs: 0 };
    const isProof = list.beganAtMs >= known.readAtMs && nowMs - known.readAtMs >= timings.goneSpacingMs;
    const seen = isProof ? { ...known, readAtMs: nowMs, proofs: known.proofs + 1 } : known;
    this.#missing.set(podId, seen);
    return seen.proofs >= ABSENCES_THAT_PROVE_END && nowMs - seen.sinceMs >= timings.unreadPodAgeMs;
  }
}

/** The account that pays, and the namespace of the GpuPod. Earlier versions recorded the user only. */
function withOwner(entry: RetainedInstance): RetainedEntry {
  const { payer, gpuPod, account } = entry;
  const [namespace = ''] = gpuPod.split('/');
  const isOwn = payer === undefined && account === undefined;
  return payer === undefined && !isOwn ? entry : { ...entry, owner: ownerFor(payer, namespace) };
}
