import type { InstanceSnapshot } from './provider.ts';

/**
 * What an instance says of itself, in one word.
 *
 * - `usable`: active, installed and reachable, by all that is said.
 * - `lacksEndpoint`: active and installed; only its address is missing.
 * - `starting`: something is still on its way.
 * - `podFailed`, `installFailed`: it never will be usable.
 */
export type Readiness = 'usable' | 'lacksEndpoint' | 'starting' | 'podFailed' | 'installFailed';

/** Before these are over, what is said of an installation is about something else. */
const SILENT: ReadonlySet<InstanceSnapshot['status']> = new Set(['DELETING', 'TERMINATED']);

/** One decision for every combination: what nobody says counts as done, and what anybody says counts. */
export function readinessOf(snapshot: InstanceSnapshot): Readiness {
  if (snapshot.status === 'ERROR') {
    return 'podFailed';
  }
  if (isInstallationFailed(snapshot)) {
    return 'installFailed';
  }
  if (snapshot.status !== 'ACTIVE' || !isInstallationDone(snapshot)) {
    return 'starting';
  }
  return snapshot.ssh === undefined ? 'lacksEndpoint' : 'usable';
}

/**
 * A failure text is a failure whatever the status fields say. One beside FINISHED and an address is of an earlier try: the
 * provider says that the installation was done since, and shows where. Without an address it explains why there is none.
 */
function isInstallationFailed({
  status,
  installationStatus,
  installationFailure,
  ssh,
}: InstanceSnapshot): boolean {
  if (SILENT.has(status)) {
    return false;
  }
  const isDoneSince = installationStatus === 'FINISHED' && ssh !== undefined;
  const isTold = installationFailure !== undefined && status !== 'UNKNOWN' && !isDoneSince;
  return installationStatus === 'ERROR' || installationStatus === 'FAILED' || isTold;
}

function isInstallationDone({ installationStatus, installationProgress }: InstanceSnapshot): boolean {
  return installationStatus === undefined
    ? installationProgress === undefined || installationProgress >= 100
    : installationStatus === 'FINISHED';
}
