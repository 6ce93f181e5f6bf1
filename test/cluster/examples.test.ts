import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { GUIDE_CASES } from '../support/guide-bodies.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const directory = path.resolve(import.meta.dirname, '../../examples');
const TEAM = 'my_team_id';
const bodySchema = z.object({ pod: z.record(z.string(), z.unknown()) }).loose();

const cluster = useBench();
let scene: Scene;

beforeEach(async () => {
  const accounts = [{ key: 'a-key', userId: 'user_1', teams: [TEAM] }];
  scene = await cluster.open({
    simulator: { settings: { accounts }, ssh: { runsCommands: false } },
    flags: {
      'ssh-probe': 'true',
      'ssh-probe-allowed-cidrs': '127.0.0.1/32',
      'allowed-team-ids': TEAM,
      'gpu-accounts': 'true',
    },
  });
  await scene.startOperator();
});

async function apply(example: string): Promise<void> {
  const { code, stderr } = await scene.kubectl([
    'apply',
    '--validate=strict',
    '-f',
    path.join(directory, example),
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** The only request body, without the fields that the guide leaves open. */
function sentBody(without: readonly string[]): unknown {
  const [entry, ...more] = scene.simulator.ledger.entries();
  expect(more).toEqual([]);
  const { pod, ...rest } = bodySchema.parse(entry?.request);
  return { ...rest, pod: Object.fromEntries(Object.entries(pod).filter(([key]) => !without.includes(key))) };
}

/** The result of each example with the default offers of the simulator. */
const EXAMPLES: readonly { readonly example: string; readonly becomes: string; readonly spends: object }[] = [
  { example: 'gpupod.yaml', becomes: 'Ready=True Available', spends: { cost: { pricePerHour: 1.9 } } },
  {
    example: 'fixed-resources.yaml',
    becomes: 'Ready=True Available',
    spends: { cost: { pricePerHour: 1.9 } },
  },
  {
    example: 'ssh-public-key.yaml',
    becomes: 'Ready=True Available',
    spends: { sshKey: { source: 'PublicKey' } },
  },
  {
    example: 'ssh-generated-key.yaml',
    becomes: 'Ready=True Available',
    spends: { sshKey: { source: 'Generated', secretName: 'ssh-generated-key-connection' } },
  },
  {
    example: 'ssh-public-key-secret.yaml',
    becomes: 'Ready=True Available',
    spends: { sshKey: { source: 'PublicKeySecret' } },
  },
  {
    example: 'disk-size.yaml',
    becomes: 'Ready=True Available',
    spends: { cost: { gpu: 2.69, disk: 0.06, vcpus: 0, pricePerHour: 2.75 } },
  },
  {
    example: 'disk-and-vcpus.yaml',
    becomes: 'Ready=True Available',
    spends: { cost: { gpu: 2.69, disk: 0.06, vcpus: 0.08, pricePerHour: 2.83 } },
  },
  { example: 'variable-price.yaml', becomes: 'Ready=True Available', spends: { cost: { maxPrice: 2.7 } } },
  {
    example: 'custom-template.yaml',
    becomes: 'Ready=True Available',
    spends: { offer: { image: 'custom_template' } },
  },
  { example: 'team.yaml', becomes: 'Ready=True Available', spends: { cost: { pricePerHour: 1.9 } } },
  {
    example: 'spot.yaml',
    becomes: 'Ready=True Available',
    spends: { offer: { isSpot: true, provider: 'datacrunch' } },
  },
  { example: 'fall-back.yaml', becomes: 'Ready=True Available', spends: { offer: { gpuType: 'H100_80GB' } } },
  {
    example: 'env-from-secret.yaml',
    becomes: 'Ready=True Available',
    spends: { offer: { image: 'cuda_12_1_pytorch_2_2' } },
  },
  {
    example: 'limited-lifetime.yaml',
    becomes: 'Ready=True Available',
    spends: { cost: { pricePerHour: 1.9 } },
  },
  {
    example: 'job.yaml',
    becomes: 'Reachable=True Answers',
    spends: { sshKey: { source: 'Generated', secretName: 'job-connection' } },
  },
  { example: 'account.yaml', becomes: 'Synced=False CredentialsMissing', spends: {} },
  // The API server accepts them. What they do needs an operator for all namespaces: test/simulation/account-examples.test.ts.
  { example: 'account-shared.yaml', becomes: 'Synced=False NotAllowed', spends: {} },
  { example: 'account-per-namespace.yaml', becomes: 'Synced=False NotAllowed', spends: {} },
  { example: 'account-defaults.yaml', becomes: 'Synced=False NotAllowed', spends: {} },
  { example: 'suspended.yaml', becomes: 'Ready=False Suspended', spends: {} },
  { example: 'retained.yaml', becomes: 'Ready=True Available', spends: { cost: { pricePerHour: 1.9 } } },
];

function nameOf(example: string): string {
  const names: Readonly<Record<string, string>> = {
    'gpupod.yaml': 'train-1',
  };
  return names[example] ?? path.basename(example, '.yaml');
}

describe('each example', () => {
  it('has a test here', async () => {
    expect((await readdir(directory)).toSorted()).toEqual(EXAMPLES.map(({ example }) => example).toSorted());
  });

  it.each(EXAMPLES)('$example reaches $becomes', async ({ example, becomes, spends }) => {
    await apply(example);
    const gpuPod = await scene.untilCondition(nameOf(example), becomes);
    expect(gpuPod.status).toMatchObject(spends);
  });
});

describe('the requests of the provider’s guide', () => {
  it.each(GUIDE_CASES)(
    '$section: $example produces exactly that body',
    async ({ example, market, body, pricePerHour }) => {
      scene.simulator.offers.replace([market]);
      await apply(example);
      const { status } = await scene.untilReady(nameOf(example));
      expect(status.cost).toMatchObject({ pricePerHour });
      expect(sentBody('maxPrice' in body.pod ? ['name'] : ['name', 'maxPrice'])).toEqual(body);
      expect(scene.simulator.ledger.entries()).toMatchObject([
        { createdPriceHr: expect.closeTo(pricePerHour, 6) },
      ]);
    },
  );
});
