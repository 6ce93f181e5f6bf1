import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { GpuPodSpec } from '../../src/api/gpupod/spec.ts';
import { nextWaitMs } from '../../src/accounts/holds/breaker-times.ts';
import { COOLDOWNS } from '../../src/accounts/holds/cooldowns.ts';
import {
  DEFAULT_TIMINGS as TIMINGS,
  MAX_NO_CAPACITY_ATTEMPTS,
  MAX_REFUSED_ATTEMPTS,
} from '../../src/lifecycle/settings.ts';
import { readRecipe } from '../control-plane/recipe.ts';
import { podSpecOf, parseManifests } from '../manifests/support/manifest.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const { provisioningTimeout, maxAttempts } = GpuPodSpec.parse({ gpu: { types: ['H100_80GB'] } });
const [firstProbeMs, lastProbeMs] = [0, Infinity].map((ms) => nextWaitMs({ reason: 'PaymentRequired' }, ms));

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

describe('the documents', () => {
  it.each([
    {
      file: 'explanation/architecture',
      text: `every ${TIMINGS.busyPollMs / 5 / SECOND_MS} to ${TIMINGS.busyPollMs / SECOND_MS} s (`,
      why: 'busyPoll',
    },
    {
      file: 'explanation/architecture',
      text: `all others every ${TIMINGS.quietPollMs / SECOND_MS} s`,
      why: 'quietPoll',
    },
    {
      file: 'explanation/architecture',
      text: `The sweep**, every ${TIMINGS.sweepMs / MINUTE_MS} minutes`,
      why: 'sweep',
    },
    {
      file: 'explanation/architecture',
      text: `At most ${TIMINGS.createFenceMs / SECOND_MS} s have passed`,
      why: 'fence',
    },
    {
      file: 'explanation/architecture',
      text: `renewed within the last ${TIMINGS.leaseFenceMs / SECOND_MS} s`,
      why: 'lease',
    },
    {
      file: 'explanation/architecture',
      text: `about ${(TIMINGS.foreignRequestMs + TIMINGS.settleMs) / SECOND_MS} s after it first saw the intent`,
      why: 'foreignRequest and settle',
    },
    {
      file: 'reliability',
      text: `at least ${TIMINGS.settleSpacingMs / SECOND_MS} s apart, none begun`,
      why: 'spacing',
    },
    { file: 'reliability', text: `at least ${TIMINGS.settleMs / SECOND_MS} s after that`, why: 'settle' },
    {
      file: 'reliability',
      text: `"surely ended" is ${TIMINGS.foreignRequestMs / SECOND_MS} s`,
      why: 'foreignRequest',
    },
    {
      file: 'reliability',
      text: `at least ${TIMINGS.goneSpacingMs / SECOND_MS} s apart; and`,
      why: 'goneSpacing',
    },
    {
      file: 'reliability',
      text: `followed it for ${TIMINGS.unreadPodAgeMs / MINUTE_MS} minutes`,
      why: 'unreadPodAge',
    },
    {
      file: 'reliability',
      text: `declared gone for ${TIMINGS.massAbsenceMs / MINUTE_MS} minutes`,
      why: 'massAbsence',
    },
    {
      file: 'reliability',
      text: `looks again every ${TIMINGS.offerRetryMs / SECOND_MS} s`,
      why: 'offerRetry',
    },
    {
      file: 'reliability',
      text: `After ${TIMINGS.deleteResendMs / MINUTE_MS} minutes DELETE`,
      why: 'deleteResend',
    },
    {
      file: 'reliability',
      text: `after ${TIMINGS.staleMs / MINUTE_MS} minutes without a snapshot`,
      why: 'stale',
    },
    {
      file: 'reliability',
      text: `After ${TIMINGS.quietFailureMs / SECOND_MS} s every GpuPod`,
      why: 'quietFailure',
    },
    {
      file: 'reliability',
      text: `cooldown of ${COOLDOWNS.NoCapacity.forMs / MINUTE_MS} minutes, doubling`,
      why: 'NoCapacity',
    },
    {
      file: 'reliability',
      text: `the offer for ${COOLDOWNS.InvalidRequest.forMs / MINUTE_MS} minutes for this GpuPod`,
      why: 'InvalidRequest',
    },
    {
      file: 'reliability',
      text: `the offer for ${COOLDOWNS.ProvisioningTimedOut.forMs / MINUTE_MS} minutes, takes the next`,
      why: 'ProvisioningTimedOut',
    },
    {
      file: 'how-to/costs',
      text: `${provisioningTimeout.replace('m', ' minutes')} by default`,
      why: 'provisioningTimeout',
    },
    { file: 'how-to/costs', text: `\`spec.maxAttempts\`, ${maxAttempts} by default`, why: 'maxAttempts' },
    {
      file: 'how-to/costs',
      text: `a probe after ${(firstProbeMs ?? 0) / MINUTE_MS} minutes, doubling up to ${(lastProbeMs ?? 0) / MINUTE_MS},`,
      why: 'PaymentRequired',
    },
    {
      file: 'how-to/costs',
      text: `up to ${TIMINGS.unreadPodAgeMs / MINUTE_MS} minutes if the provider`,
      why: 'unreadPodAge',
    },
    {
      file: 'reliability',
      text: `ready | ${MAX_REFUSED_ATTEMPTS} |`,
      why: 'refusals',
    },
    {
      file: 'reliability',
      text: `ready | ${MAX_NO_CAPACITY_ATTEMPTS} |`,
      why: 'refusals for capacity',
    },
  ])('have the number of the code for $why in $file', ({ file, text }) => {
    expect(read(`docs/${file}.md`).replaceAll(/ +/g, ' ')).toContain(text);
  });
});

describe('the version', () => {
  const { version, engines } = z
    .object({ version: z.string(), engines: z.object({ node: z.string() }) })
    .parse(JSON.parse(read('package.json')));

  it.each([
    { file: 'charts/gpupod-operator/Chart.yaml', text: `\nversion: ${version}\n` },
    { file: 'charts/gpupod-operator/Chart.yaml', text: `\nappVersion: ${version}\n` },
    { file: 'CHANGELOG.md', text: `\n## [${version}]` },
    { file: 'README.md', text: `gpupod-operator:${version}` },
    { file: 'README.md', text: `Node ${engines.node.replace('>=', '')} or newer` },
  ])('agrees in $file: $text', ({ file, text }) => {
    expect(read(file)).toContain(text);
  });

  it('is the one that deploy/ starts', () => {
    const { containers } = podSpecOf(parseManifests(read('deploy/deployment.yaml')));
    expect(containers[0].image).toBe(`registry.invalid/gpupod-operator:${version}`);
  });

  it('of Go in the README is the one that builds the control plane', async () => {
    const { goVersion } = await readRecipe();
    expect(read('README.md')).toContain(`Go ${goVersion.split('.').slice(0, 2).join('.')} or newer`);
  });
});
