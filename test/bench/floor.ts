import { inParallel } from '../../scripts/checks/in-parallel.ts';
import { API_VERSION, KIND } from '../../src/api/common/names.ts';
import { systemClock } from '../../src/clock.ts';
import { createNamespace } from '../support/bench.ts';
import type { SceneBench } from '../support/bench.ts';
import { apiServerCpuSeconds } from './api-server.ts';
import { measured } from './measurement.ts';
import type { Measurement } from './measurement.ts';

const MESSAGE = 'A sentence of about the length that a condition of the operator has, for a person to read.';
const CONDITION_TYPES = ['Ready', 'Synced', 'OfferSelected', 'Provisioned'];
/** The size of a create intent in bytes. */
const INTENT_BYTES = 1_300;
const STATUS_WRITES = 3;
const PARALLEL = 32;

/** What the API server and a client need at best. */
export interface Floor {
  readonly ms: number;
  /** Undefined without a real API server. */
  readonly apiServerCpuSeconds: number | undefined;
  readonly clientCpuSeconds: number;
}

/**
 * Makes the objects and writes that the operator makes until Ready, about as large as the operator's, in a bare loop
 * that decides nothing and watches nothing.
 */
export async function measureFloor(bench: SceneBench, names: readonly string[]): Promise<Floor> {
  const namespace = await createNamespace(bench);
  const apiServerBefore = await apiServerCpuSeconds(bench);
  const cpuBefore = process.cpuUsage();
  const startedMs = systemClock.monotonicMs();
  await inParallel(PARALLEL, names, async (name) => {
    await writeAll(bench, namespace, name);
  });
  const ms = systemClock.monotonicMs() - startedMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const apiServerAfter = await apiServerCpuSeconds(bench);
  return {
    ms,
    clientCpuSeconds: (user + system) / 1e6,
    apiServerCpuSeconds:
      apiServerBefore === undefined || apiServerAfter === undefined
        ? undefined
        : apiServerAfter - apiServerBefore,
  };
}

/** The floor in the report. */
export function floorMeasurements({
  ms,
  apiServerCpuSeconds: apiServer,
  clientCpuSeconds,
}: Floor): readonly Measurement[] {
  return [
    measured('the same writes in a bare loop', ms / 1_000, 's'),
    ...(apiServer === undefined ? [] : [measured('API server CPU of the bare loop', apiServer, 's')]),
    measured('client CPU of the bare loop', clientCpuSeconds, 's'),
  ];
}

async function writeAll(bench: SceneBench, namespace: string, name: string): Promise<void> {
  const made = await bench.gpuPods.create(namespace, {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name },
    spec: { gpu: { types: ['H100_80GB'] }, maxPrice: 3 },
  });
  const { uid, resourceVersion } = made.metadata;
  const annotations = { 'example.com/intent': MESSAGE.repeat(INTENT_BYTES / MESSAGE.length) };
  let held = await bench.gpuPods.patchMetadata({
    ...{ namespace, name, uid, resourceVersion },
    metadata: { annotations },
  });
  await bench.secrets.create(namespace, {
    ...{ apiVersion: 'v1', kind: 'Secret' },
    metadata: { name },
    stringData: { uri: MESSAGE },
  });
  for (let write = 0; write < STATUS_WRITES; write += 1) {
    const metadata = { name, namespace, uid, resourceVersion: held.metadata.resourceVersion };
    held = await bench.gpuPods.replaceStatus({ ...made, metadata, status: statusOf(name, write) });
  }
}

function statusOf(name: string, write: number): object {
  const time = '2026-01-01T00:00:00Z';
  const conditions = CONDITION_TYPES.map((type) => ({
    type,
    status: 'False',
    reason: `Write${String(write)}`,
    message: MESSAGE,
    observedGeneration: 1,
    lastTransitionTime: time,
  }));
  const offer = {
    ...{ cloudId: 'n3-H100x1', country: 'CA', dataCenter: 'CANADA-1', diskSize: 100, gpuCount: 1 },
    ...{ gpuMemory: 80, gpuType: 'H100_80GB', image: 'ubuntu_22_cuda_12', isSpot: false, memory: 180 },
    ...{ provider: 'hyperstack', region: 'canada', security: 'secure_cloud', socket: 'PCIe' },
    ...{ stockStatus: 'Available', vcpus: 28 },
  };
  const cost = {
    ...{ accrued: write, accruedAt: time, billedPerHour: 1.9, currency: 'USD', disk: 0 },
    ...{ displayPerHour: '1.90', gpu: 1.9, maxPrice: 3, memory: 0, pricePerHour: 1.9, vcpus: 0 },
  };
  const ssh = { command: 'ssh root@203.0.113.2 -p 22001', host: '203.0.113.2', port: 22_001, user: 'root' };
  return {
    ...{ observedGeneration: 1, phase: 'Pending', podId: name.padEnd(32, '0'), podName: name, conditions },
    ...{ offer, cost, ssh, createdAt: time, activeAt: time, readyAt: time },
    account: { origin: 'https://api.example.com', userId: 'user-1' },
    attempts: [{ number: 1, offer: MESSAGE, podName: name, pricePerHour: 1.9, startedAt: time }],
    podIdProof: name.padEnd(43, 'x'),
    ports: [{ external: 22_001, internal: 22, protocol: 'TCP', usedBy: 'SSH' }],
  };
}
