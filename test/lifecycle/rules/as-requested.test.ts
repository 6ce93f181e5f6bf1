import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { checkAsRequested } from '../../../src/lifecycle/rules/as-requested.ts';
import { isOtherGpu } from '../../../src/lifecycle/rules/gpu-names.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import type { IntentOverrides } from '../../support/builders/intent.ts';
import { observed, WALL_TEXT } from '../../support/builders/observation.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';
import { messageOf, outline, statusOf } from '../support/outline.ts';

interface Row {
  readonly says: Partial<InstanceSnapshot>;
  readonly placement?: GpuPodSpecInput['placement'];
  readonly intended?: IntentOverrides;
  readonly said: RegExp | undefined;
}

const OK = undefined;

describe('an instance that differs from the create request', () => {
  it.each<Row>([
    { says: {}, said: OK },
    { says: { isSpot: true }, said: /spot instance.*Forbid/ },
    { says: { isSpot: false }, said: OK },
    { says: { isSpot: true }, placement: { spot: 'Allow' }, said: OK },
    { says: { gpuCount: 1 }, said: OK },
    { says: { gpuCount: 8 }, said: OK },
    { says: { gpuCount: 0 }, said: OK },
    { says: { gpuCount: 4 }, intended: { offer: { gpuCount: 8 } }, said: /4 GPUs instead of 8/ },
    { says: { gpuName: 'NVIDIA H100 80GB HBM3' }, said: OK },
    { says: { gpuName: 'h100_80gb' }, said: OK },
    { says: { gpuName: 'A100_80GB' }, said: /A100_80GB instead of H100_80GB/ },
    { says: { upstream: 'Hyper-Stack' }, placement: { providers: { allow: ['hyperstack'] } }, said: OK },
    { says: { upstream: 'runpod' }, said: OK },
    { says: { upstream: 'runpod' }, placement: { providers: { deny: ['runpod'] } }, said: /at runpod/ },
    { says: { upstream: 'RunPod' }, placement: { providers: { allow: ['hyperstack'] } }, said: /at RunPod/ },
    { says: { country: 'US' }, placement: { countries: ['CA'] }, said: /in US/ },
    { says: { country: 'ca' }, placement: { countries: ['CA'] }, said: OK },
    { says: { country: 'Canada' }, placement: { countries: ['CA'] }, said: OK },
    { says: { country: 'US' }, said: OK },
    { says: { dataCenter: 'canada_1' }, placement: { dataCenters: ['CANADA-1'] }, said: OK },
    { says: { dataCenter: 'US-1' }, placement: { dataCenters: ['CANADA-1'] }, said: /data center US-1/ },
    { says: { teamId: 'team-b' }, said: /team team-b pays.*no team/ },
    { says: { teamId: 'team-b' }, intended: { teamId: 'team-a' }, said: /team team-b pays.*team team-a/ },
    { says: { teamId: 'team-a', userId: 'user-9' }, intended: { teamId: 'team-a' }, said: OK },
    { says: { userId: 'user-9' }, said: /user user-9 pays/ },
    { says: { userId: 'user-1' }, said: OK },
  ])('is reported: $says with $placement gives $said', ({ says, placement, intended: overrides, said }) => {
    const intended = intent(overrides);
    const gpuPod = rentedGpuPod({
      intent: intended,
      spec: { ...(placement === undefined ? {} : { placement }) },
      status: { offer: { ...rentedGpuPod().status.offer, gpuCount: intended.offer.gpuCount } },
    });
    const step = checkAsRequested(observed({ gpuPod }), aSnapshot(says));
    const message = step === undefined ? undefined : messageOf(statusOf(step), 'Ready');
    expect(message === undefined ? said === undefined : said?.test(message)).toBe(true);
  });

  it('is terminated as a failed attempt, with the reason', () => {
    const step = checkAsRequested(observed({ gpuPod: rentedGpuPod() }), aSnapshot({ isSpot: true }));
    expect(outline(step)).toMatchObject({
      step: 'writeStatus',
      Ready: 'Terminating',
      Provisioned: 'CreateFailed',
    });
    expect(statusOf(step).attempts).toMatchObject([{ ending: 'NotAsRequested' }]);
  });

  it('is not terminated if it was ready before', () => {
    const gpuPod = rentedGpuPod({ status: { readyAt: WALL_TEXT } });
    expect(checkAsRequested(observed({ gpuPod }), aSnapshot({ isSpot: true }))).toBeUndefined();
  });

  it('is compared only with the create intent of its own attempt', () => {
    const gpuPod = rentedGpuPod({ intent: intent({ attempt: 2, teamId: 'team-a' }) });
    expect(checkAsRequested(observed({ gpuPod }), aSnapshot({ teamId: 'team-b' }))).toBeUndefined();
  });
});

describe('isOtherGpu', () => {
  it.each([
    ['H100_80GB', 'H100_80GB', false],
    ['H100_80GB', 'H100 SXM5', false],
    ['H100_80GB', 'NVIDIA A100-SXM4-80GB', true],
    ['A100_80GB', 'A100_40GB', true],
    ['A100_40GB', 'A100_80GB', false],
    ['H100_80GB', 'GH200_96GB', true],
    ['RTX4090_24GB', 'NVIDIA GeForce RTX 4090', false],
    ['RTX4090_24GB', 'RTX3090_24GB', true],
    ['RTX6000Ada_48GB', 'rtx_6000_ada_48GB', false],
    ['A6000_48GB', 'NVIDIA RTX A6000', false],
    ['L40S_48GB', 'L40_48GB', true],
    ['CPU_NODE', 'whatever', false],
    ['H100_80GB', 'gpu', false],
    ['H100_80GB', '', false],
  ])('%s, and it says %s: %s', (intended, said, isOther) => {
    expect(isOtherGpu(intended, said)).toBe(isOther);
  });
});
