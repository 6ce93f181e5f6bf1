import { parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { AccountSession } from '../../../accounts/session.ts';
import type { Clock } from '../../../clock.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { mayBeOf } from '../../../accounts/sums/stated-intent.ts';
import { intentOf } from '../../../accounts/sums/stated.ts';
import { currentAttempt } from '../../../lifecycle/status/attempts.ts';
import type { GpuPodView } from '../ports.ts';
import type { Payers } from './payers.ts';

/** How long one pass over all GpuPods is good enough. A GpuPod knows its own team without it. */
const MAX_AGE_MS = 1_000;

interface RecordedTeamsOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly view: Pick<GpuPodView, 'list'>;
  readonly payers: Pick<Payers, 'bookOf'>;
}

/**
 * The teams that pay or paid last for instances, by session: an instance stays in the team that paid for it, whatever its account
 * names by now. Each decision asks for them, so one pass over all GpuPods serves all sessions for a second.
 */
export class RecordedTeams {
  readonly #options: RecordedTeamsOptions;
  #atMs = -Infinity;
  #teams: ReadonlyMap<AccountSession, ReadonlySet<string>> = new Map();

  constructor(options: RecordedTeamsOptions) {
    this.#options = options;
  }

  of(session: AccountSession): Iterable<string> {
    const { clock, view } = this.#options;
    if (clock.monotonicMs() - this.#atMs >= MAX_AGE_MS) {
      this.#atMs = clock.monotonicMs();
      this.#teams = this.#read(view.list());
    }
    return this.#teams.get(session) ?? [];
  }

  #read(objects: readonly KubernetesObject[]): ReadonlyMap<AccountSession, ReadonlySet<string>> {
    const teams = new Map<AccountSession, Set<string>>();
    for (const object of objects) {
      const named = teamsOf(object);
      if (named.length > 0) {
        const session = this.#options.payers.bookOf(object);
        teams.set(session, new Set([...(teams.get(session) ?? []), ...named]));
      }
    }
    return teams;
  }
}

function teamsOf(object: KubernetesObject): readonly string[] {
  const parsed = parseGpuPod(object);
  if (parsed.kind === 'invalid') {
    return [];
  }
  const { gpuPod } = parsed;
  const intent = intentOf(gpuPod);
  // An instance may show up long after its attempt is over, so a create intent that is resolved counts as well.
  const intended = intent !== undefined && mayBeOf(gpuPod, intent) ? intent.teamId : undefined;
  const teamId = gpuPod.status.podId === undefined ? intended : currentAttempt(gpuPod.status)?.teamId;
  return teamId === undefined ? [] : [teamId];
}
