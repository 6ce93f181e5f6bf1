import type { InstanceSnapshot } from './provider.ts';

/**
 * Whether an instance can be used, judged by its snapshot alone.
 *
 * - `usable`: active, installed and reachable.
 * - `lacksEndpoint`: active and installed; only the SSH endpoint is missing.
 * - `starting`: not finished yet.
 * - `podFailed`, `installFailed`: it will never be usable.
 */
export type Readiness = 'usable' | 'lacksEndpoint' | 'starting' | 'podFailed' | 'installFailed';

/** In these states the installation fields may be stale. */
const SILENT: ReadonlySet<InstanceSnapshot['status']> = new Set(['DELETING', 'TERMINATED']);

/**
 * Decides every combination of fields in one place. A missing field counts as done; a present one counts as it says.
 */
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
 * A failure text counts, whatever the status fields say. The exception is FINISHED with an endpoint: then the text is
 * left over from an earlier try. Without an endpoint the text explains why there is none.
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
  const isStated = installationFailure !== undefined && status !== 'UNKNOWN' && !isDoneSince;
  return installationStatus === 'ERROR' || installationStatus === 'FAILED' || isStated;
}

function isInstallationDone({ installationStatus, installationProgress }: InstanceSnapshot): boolean {
  return installationStatus === undefined
    ? installationProgress === undefined || installationProgress >= 100
    : installationStatus === 'FINISHED';
}
