import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage, timedMs } from '../stage.ts';

const INSTALLATIONS = 2;

interface Round {
  readonly readyMs: number;
  readonly goneMs: number;
  readonly cpuSeconds: number;
  readonly providerRequests: number;
  /** Of all processes together, when all GpuPods are Ready. */
  readonly residentBytes: number;
}

/**
 * All at once until Ready, and all deleted at once: by one operator, and by two of disjoint namespaces, each with half of
 * the GpuPods and a key of its own. One, two, two, one, so that neither profits from coming later.
 */
export async function measureInstallations(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
): Promise<readonly Measurement[]> {
  const round = async (installations: number): Promise<Round> =>
    await measureRound(bench, audit, { installations, count });
  const [first, second, third, last] = [
    await round(1),
    await round(INSTALLATIONS),
    await round(INSTALLATIONS),
    await round(1),
  ];
  const one = sum(first, last);
  const two = sum(second, third);
  return [
    measured('all Ready, one operator', one.readyMs / 2_000, 's'),
    measured('all Ready, two compared with one', two.readyMs / one.readyMs, 'times'),
    measured('all gone, one operator', one.goneMs / 2_000, 's'),
    measured('all gone, two compared with one', two.goneMs / one.goneMs, 'times'),
    measured('operator CPU, one operator', one.cpuSeconds / 2, 's'),
    measured('operator CPU, two compared with one', two.cpuSeconds / one.cpuSeconds, 'times'),
    measured('provider requests, one operator', one.providerRequests / 2 / count, 'per GpuPod'),
    measured('provider requests, two operators', two.providerRequests / 2 / count, 'per GpuPod'),
    measured('memory, all Ready, one operator', one.residentBytes / 2 ** 21, 'MiB'),
    measured('memory, all Ready, both operators', two.residentBytes / 2 ** 21, 'MiB'),
  ];
}

function sum(one: Round, other: Round): Round {
  return {
    readyMs: one.readyMs + other.readyMs,
    goneMs: one.goneMs + other.goneMs,
    cpuSeconds: one.cpuSeconds + other.cpuSeconds,
    providerRequests: one.providerRequests + other.providerRequests,
    residentBytes: one.residentBytes + other.residentBytes,
  };
}

async function measureRound(
  bench: SceneBench,
  audit: RequestRecord,
  { installations, count }: { readonly installations: number; readonly count: number },
): Promise<Round> {
  const stages: Stage[] = [];
  try {
    for (let at = 0; at < installations; at += 1) stages.push(await Stage.open(bench, audit));
    const names = namesOf(Math.ceil(count / installations));
    const inAll = async (run: (stage: Stage) => Promise<unknown>): Promise<void> => {
      await Promise.all(stages.map(run));
    };
    const readyMs = await timedMs(async () => {
      await inAll(async (stage) => {
        await stage.createAll(names);
        await stage.untilCounted('Ready', names.length);
      });
    });
    const ready = await Promise.all(stages.map(async (stage) => await stage.scrape()));
    const goneMs = await timedMs(async () => {
      await inAll(async (stage) => {
        await stage.deleteAll(names);
        await stage.untilCounted('any', 0);
      });
    });
    const gone = await Promise.all(stages.map(async (stage) => await stage.scrape()));
    return {
      readyMs,
      goneMs,
      cpuSeconds: total(gone.map(({ cpuSeconds }) => cpuSeconds)),
      providerRequests: total(stages.map(({ scene }) => scene.simulator.requests.count())),
      residentBytes: total(ready.map(({ residentBytes }) => residentBytes)),
    };
  } finally {
    await Promise.all(
      stages.map(async (stage) => {
        await stage.close();
      }),
    );
  }
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
