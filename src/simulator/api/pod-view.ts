import { connectionOf } from '../world/connection.ts';
import type { Pod } from '../world/pod.ts';
import { priceAt, shownName } from '../world/pod.ts';
import { podStateAt } from '../world/pod-state.ts';
import type { PodState } from '../world/pod-state.ts';
import type { World } from '../world/world.ts';
import { isoTime } from './answer.ts';

function attachedResources(world: World, pod: Pod): unknown[] {
  return pod.diskIds.map((id) => ({
    resourceType: 'DISK',
    id,
    status: 'ATTACHED',
    isDetachable: true,
    mountPath: '/workspace',
    resourcePath: null,
    size: world.disks.byId.get(id)?.sizeGb ?? null,
    isShared: false,
  }));
}

function shownPrice(pod: Pod, { status }: PodState, nowMs: number): number | null {
  const { priceShownFrom, priceShownLateMs } = pod.shown;
  const { provisioningMs, pendingMs } = pod.timing;
  const fromMs = pod.createdAtMs + provisioningMs + pendingMs + priceShownLateMs;
  const isLate = priceShownFrom === 'Active' && status === 'ACTIVE' && nowMs >= fromMs;
  return priceShownFrom === 'Creation' || isLate ? priceAt(pod, nowMs) : null;
}

/** The instance as create, get and list send it. */
export function podView(world: World, pod: Pod): Record<string, unknown> {
  const nowMs = world.clock.nowMs();
  const state = podStateAt(pod, nowMs);
  const connection = connectionOf(pod, state);
  return {
    id: pod.id,
    userId: pod.userId,
    teamId: pod.teamId,
    walletId: `wallet_${pod.teamId ?? pod.userId}`,
    name: shownName(pod),
    type: 'HOSTED',
    providerType: pod.offer.provider,
    status: state.status,
    installationStatus: state.installationStatus,
    installationFailure: state.installationFailure,
    installationProgress: state.installationProgress,
    createdAt: isoTime(pod.createdAtMs),
    updatedAt: isoTime(nowMs),
    terminatedAt: state.status === 'TERMINATED' && pod.endsAtMs !== null ? isoTime(pod.endsAtMs) : null,
    gpuName: pod.offer.gpuType,
    gpuCount: pod.offer.gpuCount,
    socket: pod.offer.socket,
    priceHr: shownPrice(pod, state, nowMs),
    stoppedPriceHr: null,
    provisioningPriceHr: 0,
    environmentType: pod.image,
    customTemplateId: pod.customTemplateId,
    clusterId: null,
    primePortMapping: connection.primePortMapping,
    sshConnection: connection.sshConnection,
    ip: connection.ip,
    resources: {
      memory: pod.sizes.memory,
      disk: pod.sizes.diskSize,
      shared_disk: null,
      vcpus: pod.sizes.vcpus,
    },
    attachedResources: attachedResources(world, pod),
    isSpot: pod.offer.isSpot,
    autoRestart: pod.autoRestart,
  };
}

/** One row of `/pods/status`. */
export function statusView(world: World, pod: Pod): Record<string, unknown> {
  const { settings } = world;
  const whole = podView(world, pod);
  return {
    podId: pod.id,
    providerType: whole['providerType'],
    status: whole['status'],
    sshConnection: whole['sshConnection'],
    ip: whole['ip'],
    ...(settings.installationStatusShown ? { installationStatus: whole['installationStatus'] } : {}),
    installationFailure: whole['installationFailure'],
    installationProgress: whole['installationProgress'],
    ...(settings.statusShowsPrice
      ? {
          priceHr: whole['priceHr'],
          costPerHr: whole['priceHr'],
          primePortMapping: whole['primePortMapping'],
        }
      : {}),
  };
}

/** One row of `/pods/history`. */
export function historyView(world: World, pod: Pod): Record<string, unknown> {
  const entry = world.ledger.entry(pod);
  return {
    id: pod.id,
    name: shownName(pod),
    providerType: pod.offer.provider,
    provisionedBy: pod.userId,
    type: 'Instance',
    createdAt: isoTime(pod.createdAtMs),
    terminatedAt: entry.endedAtMs === null ? null : isoTime(entry.endedAtMs),
    gpuName: pod.offer.gpuType,
    gpuCount: pod.offer.gpuCount,
    socket: pod.offer.socket,
    priceHr: entry.priceHr,
    userId: pod.userId,
    teamId: pod.teamId,
    totalBilledPrice: entry.costUsd,
  };
}
