import { parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { oncePerObject } from '../../../api/common/once-per-object.ts';
import type { AccountSession } from '../../../accounts/session.ts';
import type { Clock } from '../../../clock.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { mayBeOf } from '../../../accounts/sums/stated-intent.ts';
import { isProvenIntent } from '../../../lifecycle/id-proof.ts';
import type { IdProofs } from '../../../lifecycle/id-proof.ts';
import { currentAttempt } from '../../../lifecycle/status/attempts.ts';
import type { GpuPodView } from '../ports.ts';
import { intentOf } from '../../../lifecycle/intent.ts';
import type { Payers } from './payers.ts';

/** How long one pass over all GpuPods is good enough. A GpuPod knows its own team without it. */
const MAX_AGE_MS = 1_000;
/** Teams of each namespace that only create intents name which nothing proves: anybody makes up any number. */
const MAX_UNPROVEN = 2;

interface RecordedTeamsOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly view: Pick<GpuPodView, 'list'>;
  readonly payers: Pick<Payers, 'bookOf'>;
  readonly proofsOf: (gpuPod: GpuPod) => Pick<IdProofs, 'ofIntent'>;
}

interface Teams {
  readonly proven: Set<string>;
  /** By namespace. */
  readonly unproven: Map<string, Set<string>>;
}

/**
 * The teams that pay or paid last for instances, by session: an instance stays in the team that paid for it, whatever
 * its account names by now. Each decision asks for them, so one pass over all GpuPods serves all sessions for a second.
 */
export class RecordedTeams {
  readonly #options: RecordedTeamsOptions;
  readonly #named: (object: KubernetesObject) => NamedTeam | undefined;
  #atMs = -Infinity;
  #teams: ReadonlyMap<AccountSession, Teams> = new Map();

  constructor(options: RecordedTeamsOptions) {
    this.#options = options;
    this.#named = oncePerObject((object) => teamOf(object, options));
  }

  of(session: AccountSession): Iterable<string> {
    const { proven = [] } = this.#teamsOf(session) ?? {};
    return new Set([...proven, ...this.unprovenOf(session)]);
  }

  /** Those that only create intents name which nothing proves. */
  unprovenOf(session: AccountSession): ReadonlySet<string> {
    const teams = this.#teamsOf(session);
    const named = [...(teams?.unproven.values() ?? [])].flatMap((ofNamespace) => [...ofNamespace]);
    return new Set(named.filter((teamId) => teams?.proven.has(teamId) !== true));
  }

  #teamsOf(session: AccountSession): Teams | undefined {
    const { clock, view } = this.#options;
    if (clock.monotonicMs() - this.#atMs >= MAX_AGE_MS) {
      this.#atMs = clock.monotonicMs();
      this.#teams = this.#read(view.list());
    }
    return this.#teams.get(session);
  }

  #read(objects: readonly KubernetesObject[]): ReadonlyMap<AccountSession, Teams> {
    const all = new Map<AccountSession, Teams>();
    for (const object of objects) {
      const named = this.#named(object);
      if (named === undefined) {
        continue;
      }
      const session = this.#options.payers.bookOf(object);
      const teams = all.get(session) ?? { proven: new Set(), unproven: new Map() };
      all.set(session, teams);
      note(teams, named);
    }
    return all;
  }
}

interface NamedTeam {
  readonly teamId: string;
  readonly namespace: string;
  readonly isProven: boolean;
}

function note({ proven, unproven }: Teams, { teamId, namespace, isProven }: NamedTeam): void {
  if (isProven) {
    proven.add(teamId);
    return;
  }
  const ofNamespace = unproven.get(namespace) ?? new Set();
  unproven.set(namespace, ofNamespace);
  if (ofNamespace.size < MAX_UNPROVEN) {
    ofNamespace.add(teamId);
  }
}

function teamOf(
  object: KubernetesObject,
  { proofsOf }: Pick<RecordedTeamsOptions, 'proofsOf'>,
): NamedTeam | undefined {
  const parsed = parseGpuPod(object);
  if (parsed.kind === 'invalid') {
    return undefined;
  }
  const { gpuPod } = parsed;
  const { namespace } = gpuPod.metadata;
  if (gpuPod.status.podId !== undefined) {
    const teamId = currentAttempt(gpuPod.status)?.teamId;
    return teamId === undefined ? undefined : { teamId, namespace, isProven: true };
  }
  // An instance may show up long after its attempt is over, so a create intent that is resolved counts as well.
  const intent = intentOf(gpuPod);
  return intent?.teamId === undefined || !mayBeOf(gpuPod, intent)
    ? undefined
    : { teamId: intent.teamId, namespace, isProven: isProvenIntent(proofsOf(gpuPod), intent) };
}
