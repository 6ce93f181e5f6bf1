import type { InventoryView, LastSeen } from '../../../src/lifecycle/observation.ts';
import type {
  Failure,
  HistoryRow,
  InstanceSnapshot,
  Refusal,
  RefusalReason,
  RefusalScope,
} from '../../../src/lifecycle/provider.ts';
import { POD_ID } from './gpu-pod.ts';
import { nameOfAttempt } from './intent.ts';

export const SSH = {
  user: 'root',
  host: '203.0.113.7',
  port: 22_022,
  command: 'ssh root@203.0.113.7 -p 22022',
} as const;

/** A snapshot of the instance of attempt 1: starting, without later details. */
export function aSnapshot(overrides: Partial<InstanceSnapshot> = {}): InstanceSnapshot {
  return {
    podId: POD_ID,
    name: nameOfAttempt(1),
    status: 'PROVISIONING',
    ports: [],
    createdAt: '2026-11-23T10:00:00Z',
    ...overrides,
  };
}

/** A snapshot of a ready instance with all details. */
/** Ports that every instance maps. */
const PORTS: InstanceSnapshot['ports'] = [{ internal: 22, external: 22_022, protocol: 'TCP', usedBy: 'SSH' }];

export function aReadySnapshot(overrides: Partial<InstanceSnapshot> = {}): InstanceSnapshot {
  return aSnapshot({
    status: 'ACTIVE',
    installationStatus: 'FINISHED',
    ssh: SSH,
    ports: PORTS,
    priceUsdPerHour: 1.9,
    ...overrides,
  });
}

export function historyRow(overrides: Partial<HistoryRow> = {}): HistoryRow {
  return {
    podId: POD_ID,
    name: nameOfAttempt(1),
    createdAt: '2026-11-23T10:00:00Z',
    terminatedAt: '2026-11-23T11:00:00Z',
    ...overrides,
  };
}

/** A complete list without an instance of the GpuPod. */
export function inventory(overrides: Partial<InventoryView> = {}): InventoryView {
  return {
    beganAtMs: 0,
    live: [],
    ended: [],
    teamsSeen: new Set(),
    nameless: [],
    unidentified: 0,
    ...overrides,
  };
}

/** An old snapshot. The details of lists and GETs were read after all other facts. */
export function lastSeen(
  snapshot: InstanceSnapshot,
  overrides: Partial<Omit<LastSeen, 'snapshot'>> = {},
): LastSeen {
  return { snapshot, beganAtMs: 0, detailsAtMs: Number.MAX_SAFE_INTEGER, omitted: false, ...overrides };
}

export function failure(overrides: Partial<Failure> = {}): Failure {
  return { kind: 'failure', reason: 'ApiUnavailable', message: 'GET /pods/: HTTP status 503.', ...overrides };
}

/** The usual scope of a refusal, where it is not the offer. */
const SCOPES: Readonly<Partial<Record<RefusalReason, RefusalScope>>> = {
  InvalidRequest: 'request',
  TemplateIncompatible: 'request',
  OtherRefusal: 'request',
  Unauthorized: 'key',
  PaymentRequired: 'team',
  RateLimited: 'team',
};

export function refusal(overrides: Partial<Refusal> = {}): Refusal {
  return {
    kind: 'refused',
    reason: 'NoCapacity',
    scope: SCOPES[overrides.reason ?? 'NoCapacity'] ?? 'offer',
    isProven: false,
    message: 'POST /pods/: HTTP status 400: no longer available.',
    httpStatus: 400,
    ...overrides,
  };
}
