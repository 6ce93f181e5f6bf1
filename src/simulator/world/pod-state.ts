import type { InstallationStatus, PodStatus } from './enums.ts';
import { isBillable } from './pod.ts';
import type { Pod } from './pod.ts';
import type { SshShape } from './pod-rule.ts';

/** What the provider says about an instance at one moment. */
export interface PodState {
  status: PodStatus;
  installationStatus: InstallationStatus;
  installationProgress: number | null;
  installationFailure: string | null;
  /** Null while there is no address. */
  sshShape: SshShape | null;
}

function state(
  status: PodStatus,
  installationStatus: InstallationStatus,
  installationProgress: number | null,
  sshShape: SshShape | null = null,
): PodState {
  return { status, installationStatus, installationProgress, installationFailure: null, sshShape };
}

function forcedState(pod: Pod): PodState | null {
  const forced = pod.forced;
  if (forced === null) {
    return null;
  }
  const isActive = forced.status === 'ACTIVE';
  return {
    status: forced.status,
    installationStatus: forced.installationStatus ?? (isActive ? 'FINISHED' : 'PENDING'),
    installationProgress: isActive ? 100 : null,
    installationFailure: forced.installationFailure ?? null,
    sshShape: forced.sshShape ?? (isActive ? pod.sshShape : null),
  };
}

function activeState(pod: Pod, activeForMs: number): PodState {
  const shape = activeForMs < pod.timing.earlySshMs ? pod.earlySshShape : pod.sshShape;
  if (pod.outcome === 'InstallFailed' && activeForMs >= pod.timing.installingMs) {
    return { ...state('ACTIVE', 'ERROR', 60, shape), installationFailure: 'Installation script failed' };
  }
  if (pod.outcome === 'FailureTextOnly') {
    return { ...state('ACTIVE', 'ACTIVE', 60), installationFailure: 'image pull failed' };
  }
  if (pod.outcome !== 'StuckInstalling' && activeForMs >= pod.timing.installingMs) {
    return state('ACTIVE', 'FINISHED', 100, shape);
  }
  const progress = Math.floor((100 * activeForMs) / Math.max(1, pod.timing.installingMs));
  return state('ACTIVE', 'ACTIVE', Math.min(99, progress), shape);
}

function plannedState(pod: Pod, ageMs: number): PodState {
  const { provisioningMs, pendingMs } = pod.timing;
  if (ageMs < provisioningMs || pod.outcome === 'StuckProvisioning') {
    return state('PROVISIONING', 'PENDING', null);
  }
  if (pod.outcome === 'Error') {
    return { ...state('ERROR', 'ERROR', null), installationFailure: 'Provisioning failed' };
  }
  if (ageMs < provisioningMs + pendingMs) {
    return state('PENDING', 'PENDING', null);
  }
  return activeState(pod, ageMs - provisioningMs - pendingMs);
}

/** The state of an instance at a time. A pure function, so a virtual clock may jump. */
export function podStateAt(pod: Pod, nowMs: number): PodState {
  if (!isBillable(pod, nowMs)) {
    return state('TERMINATED', 'TERMINATED', null);
  }
  if (pod.deletedAtMs !== null) {
    return state('DELETING', 'TERMINATED', null);
  }
  return forcedState(pod) ?? plannedState(pod, nowMs - pod.createdAtMs);
}
