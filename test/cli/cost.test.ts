import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { GpuPodStatus } from '../../src/api/gpupod/status.ts';
import { costRowOf } from '../../src/cli/cost/cost-row.ts';
import { accrue } from '../../src/lifecycle/status/accrual.ts';
import { intent } from '../support/builders/intent.ts';
import { rawGpuPod, rentedStatus } from '../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../support/builders/gpu-pod.ts';
import { WALL_MS } from '../support/builders/observation.ts';
import { CliBench } from './support/cli-bench.ts';

let bench: CliBench;

beforeEach(async () => {
  bench = await CliBench.open();
});

afterEach(async () => {
  await bench.close();
});

/** Rented ten minutes before the commands run, at 1.90 USD per hour. */
function running(overrides: GpuPodOverrides = {}): GpuPodOverrides {
  return { ...overrides, status: { ...rentedStatus({ phase: 'Ready' }), ...overrides.status } };
}

function putThree(): void {
  bench.put(
    running({
      name: 'train-1',
      status: {
        cost: { currency: 'USD', pricePerHour: 1.9, billedPerHour: 2.1 },
        expiresAt: '2026-11-23T13:22:30Z',
        attemptsCost: 0.5,
      },
    }),
  );
  bench.put(running({ name: 'big', uid: 'uid-2', status: { podId: 'pod-2', cost: { pricePerHour: 12 } } }));
  bench.put({ name: 'waiting', uid: 'uid-3', status: { phase: 'Pending' } });
}

function putSortable(name: string, status: Partial<GpuPodStatus>, pricePerHour: number): void {
  const rented = rentedStatus({ ...status, cost: { pricePerHour } }, { startedAt: '2026-11-22T10:00:00Z' });
  bench.put({ name, uid: name, status: rented });
}

/** The first column, without its title. */
function namesIn(out: string): readonly string[] {
  const [, ...lines] = out.split('\n');
  return lines.map((line) => line.split(' ')[0] ?? '');
}

describe('gpupod cost', () => {
  it('shows each GpuPod of the namespace with what it costs, and the total', async () => {
    putThree();
    bench.put(running({ namespace: 'team-b', name: 'theirs', uid: 'uid-4' }));

    const { code, out, err } = await bench.run(['cost']);

    expect(out).toBe(
      [
        'NAME      PHASE     INSTANCE   $/H      ACCRUED   EARLIER   EXPIRES',
        'big       Ready     pod-2      12.00    2.00      <none>    <none>',
        'train-1   Ready     pod-1      2.10     0.35      0.50      in 3h12m',
        'waiting   Pending   <none>     <none>   <none>    <none>    <none>',
        '',
        'Total: 2 instances, 14.10 USD per hour, 338.40 USD per day; 2.35 USD accrued; 2.85 USD with earlier attempts.',
      ].join('\n'),
    );
    expect([code, err]).toEqual([0, '']);
  });

  it('shows all namespaces with -A', async () => {
    putThree();
    bench.put(running({ namespace: 'team-b', name: 'theirs', uid: 'uid-4' }));

    const { out } = await bench.run(['cost', '-A']);

    expect(out).toMatch(/^NAMESPACE +NAME/);
    expect(out).toMatch(/^team-b +theirs +Ready/m);
    expect(out).toContain('Total: 3 instances');
  });

  it('only lists GpuPods, so that nobody needs more rights', async () => {
    putThree();

    await bench.run(['cost', '-o', 'wide']);

    expect(bench.server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /apis/gpupod.dev/v1alpha1/namespaces/team-a/gpupods',
    ]);
  });

  it.each([
    ['name', ['a', 'b', 'c'], 'that is the default'],
    ['price', ['c', 'a', 'b'], 'the most expensive comes first'],
    ['accrued', ['b', 'c', 'a'], 'what has cost most comes first'],
    ['expires', ['c', 'b', 'a'], 'the nearest deadline comes first, and none comes last'],
  ])('sorts by %s as %j, because %s', async (key, names) => {
    putSortable('b', { createdAt: '2026-11-22T10:00:00Z', expiresAt: '2026-11-24T00:00:00Z' }, 1);
    putSortable('c', { createdAt: '2026-11-23T09:00:00Z', expiresAt: '2026-11-23T12:00:00Z' }, 3);
    putSortable('a', {}, 2);

    const { out } = await bench.run(['cost', '--sort', key]);

    expect(namesIn(out).slice(0, 3)).toEqual(names);
  });

  it('prints the same facts as JSON and as YAML', async () => {
    putThree();

    const json = await bench.run(['cost', '-o', 'json']);
    const yaml = await bench.run(['cost', '-o', 'yaml']);

    const printed: unknown = JSON.parse(json.out);
    expect(parse(yaml.out)).toEqual(printed);
    expect(printed).toMatchObject({
      currency: 'USD',
      computedAt: '2026-11-23T10:10:00.000Z',
      items: [
        { name: 'big', pricePerHour: 12, accrued: 2, earlierAttempts: 0, bills: true },
        { name: 'train-1', instance: 'pod-1', pricePerHour: 2.1, accrued: 0.35, earlierAttempts: 0.5 },
        { name: 'waiting', bills: false, earlierAttempts: 0 },
      ],
      total: { instances: 2, pricePerHour: 14.1, accrued: 2.35, earlierAttempts: 0.5, unpriced: 0 },
    });
  });

  it('adds hardware, time and doubts with -o wide', async () => {
    bench.put(running({ isDeleting: true }));

    const { out } = await bench.run(['cost', '-o', 'wide']);

    expect(out).toMatch(/ EXPIRES +GPU +PROVIDER +SINCE +NOTE\n/);
    expect(out).toMatch(/ 1 × H100_80GB +hyperstack +2026-11-23T10:00:00Z +terminating\n/);
  });

  it('says that there are none, on standard error, so that a pipe stays empty', async () => {
    expect(await bench.run(['cost'])).toEqual({
      code: 0,
      out: '',
      err: 'No GpuPods found in namespace team-a.',
    });
    expect((await bench.run(['cost', '-A'])).err).toBe('No GpuPods found in any namespace.');
  });
});

describe('the cost of one GpuPod', () => {
  it.each([
    {
      name: 'an unknown price',
      gpuPod: running({ status: { cost: undefined } }),
      row: { bills: true, perHour: undefined, accrued: undefined },
      reason: 'it bills although nobody says how much',
    },
    {
      name: 'a create request of unknown outcome',
      gpuPod: { intent: intent() },
      row: { bills: true, instance: intent().name, perHour: 1_900_000, accrued: undefined },
      reason: 'an instance may exist and bill',
    },
    {
      name: 'an ended attempt',
      gpuPod: { status: { attemptsCost: 3.25, cost: { pricePerHour: 1.9, accrued: 3.25 } } },
      row: { bills: false, perHour: undefined, accrued: undefined, earlier: 3_250_000 },
      reason: 'the cost in the status is that of an instance that is gone',
    },
    {
      name: 'prepaid hours',
      gpuPod: running({ status: { offer: { prepaidHours: 10 }, cost: { pricePerHour: 2 } } }),
      row: { accrued: 20_000_000 },
      reason: 'they are charged at once',
    },
  ])('counts $name rightly, because $reason', ({ gpuPod, row }) => {
    expect(costRowOf(rawGpuPod(gpuPod), WALL_MS)).toMatchObject(row);
  });

  it('is in the total as one of unknown price', async () => {
    bench.put(running({ status: { cost: undefined } }));

    const { out } = await bench.run(['cost']);

    expect(out).toMatch(/pod-1 +<unknown> +<unknown>/);
    expect(out).toContain('And more: the price of 1 instance is unknown.');
  });

  it('follows the documented formula between two writes of the status', () => {
    const written: GpuPodStatus = accrue(
      rentedStatus({ cost: { pricePerHour: 1.9, billedPerHour: 1.7, highestPerHour: 2.2 } }),
      WALL_MS,
    );
    const { accrued = 0, accruedAt = '' } = written.cost ?? {};
    const nowMs = WALL_MS + 5_400_000;

    const row = costRowOf(rawGpuPod({ status: written }), nowMs);

    expect(readFileSync('docs/api-stability.md', 'utf8')).toContain(
      'accrued now = accrued + (now − accruedAt) × (highestPerHour, or else billedPerHour, or else pricePerHour)',
    );
    const hours = (nowMs - Date.parse(accruedAt)) / 3_600_000;
    expect((row.accrued ?? 0) / 1e6).toBeCloseTo(accrued + hours * 2.2, 5);
  });
});
