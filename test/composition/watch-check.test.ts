import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { createTelemetry } from '../../src/composition/telemetry.ts';
import type { WatchHealth } from '../../src/kubernetes/manager.ts';
import { reportHealth } from '../../src/observability/health.ts';

const REFUSED = { namespace: 'team-b', problem: '403 Forbidden: no' };

/** The readiness check of the watches, with this health. */
function watchCheck(health: WatchHealth | undefined): unknown {
  const telemetry = createTelemetry(systemClock);
  if (health !== undefined) telemetry.observe({ watchHealth: () => health });
  return reportHealth(telemetry.checks.ready).checks.find(({ name }) => name === 'watch');
}

describe('the readiness check of the watches', () => {
  it.each<{ title: string; health: WatchHealth | undefined; expected: object }>([
    {
      title: 'fails before there is a watch',
      health: undefined,
      expected: { isOk: false, message: 'GpuPods have not been listed yet, or not watched for a while' },
    },
    {
      title: 'says nothing while all is well',
      health: { isServing: true, failing: [] },
      expected: { isOk: true },
    },
    {
      title: 'names a namespace in trouble and passes, because the others are served',
      health: { isServing: true, failing: [REFUSED, { namespace: 'team-c', problem: undefined }] },
      expected: {
        isOk: true,
        message:
          'namespace team-b: 403 Forbidden: no; namespace team-c: GpuPods have not been listed yet, or not watched for a while',
      },
    },
    {
      title: 'fails when no namespace is served',
      health: { isServing: false, failing: [REFUSED] },
      expected: { isOk: false, message: 'namespace team-b: 403 Forbidden: no' },
    },
    {
      title: 'says why all namespaces together cannot be watched',
      health: { isServing: false, failing: [{ namespace: undefined, problem: '500: no' }] },
      expected: { isOk: false, message: '500: no' },
    },
  ])('$title', ({ health, expected }) => {
    expect(watchCheck(health)).toEqual({ name: 'watch', ...expected });
  });
});
