import { systemClock } from '../../../src/clock.ts';
import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { apiServerCpuSeconds, latencies } from '../api-server.ts';
import { floorMeasurements, measureFloor } from '../floor.ts';
import type { Floor } from '../floor.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, PROVIDER_MS, Stage, timedMs } from '../stage.ts';

const REST_MS = 70_000;

/** All at once until Ready, then at rest, then all deleted at once. */
export async function measureLife(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
): Promise<readonly Measurement[]> {
  const names = namesOf(count);
  const floor = await measureFloor(bench, names);
  const stage = await Stage.open(bench, audit);
  try {
    return [
      ...(await measureBurst(stage, names, floor)),
      ...(await measureRest(stage)),
      ...(await measureDeletion(stage, names, floor.ms)),
    ];
  } finally {
    await stage.close();
  }
}

async function measureBurst(
  stage: Stage,
  names: readonly string[],
  floor: Floor,
): Promise<readonly Measurement[]> {
  const { requests } = stage.scene.simulator;
  const idle = await stage.scrape();
  const apiServerBefore = await apiServerCpuSeconds(stage.bench);
  const startedMs = systemClock.monotonicMs();
  await stage.createAll(names);
  const ready = await stage.untilCounted('Ready', names.length);
  const readyMs = systemClock.monotonicMs() - startedMs;
  const apiServer = ((await apiServerCpuSeconds(stage.bench)) ?? NaN) - (apiServerBefore ?? NaN);
  const writes = await stage.writes();
  const events = writes.filter(isEvent).length;
  const objects = await stage.bench.gpuPods.list({ namespace: stage.scene.namespace });
  const kubernetes = ready.kubernetesRequests - idle.kubernetesRequests;
  return [
    measured('all Ready', readyMs / 1_000, 's'),
    ...floorMeasurements(floor),
    measured('all Ready, compared', readyMs / floor.ms, 'times the floor'),
    ...latencies(objects, PROVIDER_MS),
    ...(Number.isNaN(apiServer) ? [] : [measured('API server CPU until Ready', apiServer, 's')]),
    measured('operator CPU until Ready', ready.cpuSeconds - idle.cpuSeconds, 's'),
    measured('Kubernetes writes until Ready', (writes.length - events) / names.length, 'per GpuPod'),
    measured('events until Ready', events / names.length, 'per GpuPod'),
    measured('Kubernetes requests until Ready', kubernetes / names.length, 'per GpuPod'),
    measured('provider requests until Ready', requests.count() / names.length, 'per GpuPod'),
    measured('memory, idle', mebibytes(idle.residentBytes), 'MiB'),
    measured('memory, all Ready', mebibytes(ready.residentBytes), 'MiB'),
    measured('event loop lag p99, at worst', ready.eventLoopLagP99Seconds * 1_000, 'ms'),
  ];
}

async function measureRest(stage: Stage): Promise<readonly Measurement[]> {
  const { requests } = stage.scene.simulator;
  // The last events and lists of the burst.
  await systemClock.sleep(10_000);
  const before = { writes: (await stage.writes()).length, requests: requests.count() };
  const cpuSeconds = (await stage.scrape()).cpuSeconds;
  await systemClock.sleep(REST_MS);
  const after = await stage.scrape();
  return [
    measured('Kubernetes writes at rest, 70 s', (await stage.writes()).length - before.writes, 'in all'),
    measured('provider requests at rest, 70 s', requests.count() - before.requests, 'in all'),
    measured('operator CPU at rest, 70 s', after.cpuSeconds - cpuSeconds, 's'),
    measured('memory, at rest', mebibytes(after.residentBytes), 'MiB'),
  ];
}

async function measureDeletion(
  stage: Stage,
  names: readonly string[],
  floorMs: number,
): Promise<readonly Measurement[]> {
  const { requests } = stage.scene.simulator;
  const before = { writes: (await stage.writes()).length, requests: requests.count() };
  const goneMs = await timedMs(async () => {
    await stage.deleteAll(names);
    await stage.untilCounted('any', 0);
  });
  const writes = (await stage.writes()).slice(before.writes).filter((write) => !isEvent(write));
  return [
    measured('all gone', goneMs / 1_000, 's'),
    measured('all gone, compared', goneMs / floorMs, 'times the floor'),
    measured('Kubernetes writes per deletion', writes.length / names.length, 'per GpuPod'),
    measured(
      'provider requests per deletion',
      (requests.count() - before.requests) / names.length,
      'per GpuPod',
    ),
  ];
}

function isEvent(write: string): boolean {
  return write.includes(' events');
}

function mebibytes(bytes: number): number {
  return bytes / 2 ** 20;
}
