import type { LoggedRequest } from '../../../src/simulator/api/request-log.ts';
import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage, timedMs } from '../stage.ts';

/** By then, the operator should know the limit. */
const FOUND_MS = 10_000;

/**
 * All at once, while the provider allows so few requests. The use of the limit counts while work waits, which is from
 * the first request to the last accepted create request. It may exceed 100 %, because the provider also accepts what
 * it saved up before: as many requests as in a second.
 */
export async function measureLimited(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
  requestsPerSecond: number,
): Promise<readonly Measurement[]> {
  const stage = await Stage.open(bench, audit, {
    settings: { requestsPerSecond, requestBurst: requestsPerSecond },
  });
  try {
    const { requests } = stage.scene.simulator;
    const afterNumber = requests.lastNumber;
    const tookMs = await timedMs(async () => {
      await stage.createAll(namesOf(count));
      await stage.untilCounted('Ready', count);
    });
    const sent = requests.all({ afterNumber });
    const firstAtMs = sent[0]?.atMs ?? 0;
    const creating = sent.slice(0, 1 + sent.findLastIndex((one) => one.method === 'POST' && !isRefused(one)));
    const creatingMs = (creating.at(-1)?.atMs ?? NaN) - firstAtMs;
    const accepted = creating.filter((one) => !isRefused(one)).length;
    const later = sent.filter(({ atMs }) => atMs > firstAtMs + FOUND_MS);
    return [
      measured('all Ready', tookMs / 1_000, 's'),
      measured('all created', creatingMs / 1_000, 's'),
      measured('provider requests', sent.length, 'in all'),
      measured(
        'of the limit used while creating',
        (accepted * 1_000) / (requestsPerSecond * creatingMs),
        'share',
      ),
      measured('requests answered 429', sent.filter(isRefused).length, 'in all'),
      measured('answered 429', refusedShare(sent), 'share'),
      ...(later.length === 0 ? [] : [measured('answered 429 after 10 s', refusedShare(later), 'share')]),
    ];
  } finally {
    await stage.close();
  }
}

function isRefused({ status }: LoggedRequest): boolean {
  return status === 429;
}

function refusedShare(requests: readonly LoggedRequest[]): number {
  return requests.filter(isRefused).length / requests.length;
}
