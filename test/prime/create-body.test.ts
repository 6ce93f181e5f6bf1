import { describe, expect, it } from '@jest/globals';
import { imageOf, instanceRequest } from '../../src/lifecycle/instance-request.ts';
import type { InstanceRequest } from '../../src/lifecycle/instance-request.ts';
import { createBody } from '../../src/prime/create-body.ts';
import type { CreateBody } from '../../src/prime/create-body.ts';
import type { Policy } from '../../src/lifecycle/settings.ts';
import { fitSizes } from '../../src/offers/sizes.ts';
import type { Offer, Sizes } from '../../src/offers/offer.ts';
import { guideOffer, offer, offerWithout, spec, requirements } from '../offers/support/builders.ts';
import type { SpecOverrides } from '../offers/support/builders.ts';

/** The request bodies of the provider's guide: the common part, without what differs between its examples. */
const GUIDE_POD = {
  cloudId: 'n3-H100x1',
  gpuType: 'H100_80GB',
  socket: 'PCIe',
  gpuCount: 1,
  image: 'ubuntu_22_cuda_12',
  dataCenterId: 'CANADA-1',
  country: 'CA',
  security: 'secure_cloud',
};
const GUIDE_PROVIDER = { type: 'hyperstack' };

interface Parts {
  readonly requirements?: SpecOverrides;
  readonly chosen?: Offer;
  readonly policy?: Pick<Policy, 'defaultTeamId'>;
  readonly sshKeyId?: string;
  readonly capSent?: number;
}

function request({
  requirements: requested = {},
  chosen = guideOffer(),
  policy = {},
  capSent = 2_750_000,
  sshKeyId,
}: Parts): InstanceRequest {
  return instanceRequest({
    spec: spec(requested),
    policy,
    offer: chosen,
    sizes: sizesOf(chosen, requested),
    name: 'gp-abc123-0123456789-1-team-a-train-1',
    capSent,
    sshKeyId,
  });
}

function sizesOf(chosen: Offer, overrides: SpecOverrides): Sizes {
  const { fit, sizes } = requirements(overrides);
  const sizing = fitSizes(chosen, sizes, fit);
  if (sizing.kind === 'misses') {
    throw new Error(`${sizing.name} cannot be had`);
  }
  return sizing.sizes;
}

function build(parts: Parts): CreateBody {
  return createBody(request(parts));
}

/** The body as JSON, without the two fields in which ours differs from the guide's. */
function asJson(body: CreateBody): unknown {
  const { name: _name, maxPrice: _maxPrice, ...pod } = body.pod;
  return JSON.parse(JSON.stringify({ ...body, pod }));
}

describe('the create request of the guide', () => {
  it.each<Parts & { name: string; body: unknown }>([
    { name: 'plain', body: { pod: GUIDE_POD, provider: GUIDE_PROVIDER } },
    {
      name: 'with a larger disk',
      requirements: { resources: { diskSize: 200 } },
      body: { pod: { ...GUIDE_POD, diskSize: 200 }, provider: GUIDE_PROVIDER },
    },
    {
      name: 'with a larger disk and more vcpus',
      requirements: { resources: { diskSize: 200, vcpus: 20 } },
      body: { pod: { ...GUIDE_POD, diskSize: 200, vcpus: 20 }, provider: GUIDE_PROVIDER },
    },
    {
      name: 'with a custom template',
      requirements: { customTemplateId: 'cm2szl4a20001tl3pyq7ua6o7' },
      body: {
        pod: { ...GUIDE_POD, image: 'custom_template', customTemplateId: 'cm2szl4a20001tl3pyq7ua6o7' },
        provider: GUIDE_PROVIDER,
      },
    },
    {
      name: 'for a team',
      requirements: { teamId: 'my_team_id' },
      body: { pod: GUIDE_POD, provider: GUIDE_PROVIDER, team: { teamId: 'my_team_id' } },
    },
  ])('is reproduced $name', ({ body, ...parts }) => {
    expect(asJson(build(parts))).toEqual(body);
  });

  it('has the cap as a JSON number of dollars', () => {
    expect(build({ capSent: 2_700_000 }).pod.maxPrice).toBe(2.7);
  });
});

describe('the body of a create request', () => {
  it.each<Parts & { name: string; expected: object; why: string }>([
    {
      name: 'the team of the operator',
      policy: { defaultTeamId: 'ours' },
      expected: { team: { teamId: 'ours' } },
      why: 'the spec names none',
    },
    {
      name: 'the team of the spec',
      requirements: { teamId: 'theirs' },
      policy: { defaultTeamId: 'ours' },
      expected: { team: { teamId: 'theirs' } },
      why: 'it overrides the default',
    },
    {
      name: 'its SSH key',
      sshKeyId: 'key-1',
      expected: { pod: { sshKeyId: 'key-1' } },
      why: 'only who has that key may log in',
    },
    {
      name: 'disks',
      requirements: { disks: ['d1', 'd2'] },
      expected: { disks: ['d1', 'd2'] },
      why: 'they are at the root',
    },
    {
      name: 'its image',
      requirements: { image: 'flux' },
      expected: { pod: { image: 'flux' } },
      why: 'the spec asks for it',
    },
    {
      name: 'the security of the offer',
      chosen: offer({ security: 'community_cloud' }),
      requirements: { placement: { security: 'any' } },
      expected: { pod: { security: 'community_cloud' } },
      why: 'the API does not know "any"',
    },
  ])('sends $name: $why', ({ name: _name, why: _why, expected, ...parts }) => {
    expect(build(parts)).toMatchObject(expected);
  });

  it('sends no key without a value, because the `pod` object is closed and null is not absent', () => {
    const chosen = offerWithout('dataCenter', 'country', 'region');
    expect(Object.keys(build({ chosen }).pod).sort()).toEqual(
      ['cloudId', 'gpuCount', 'gpuType', 'image', 'maxPrice', 'name', 'security', 'socket'].sort(),
    );
    expect(Object.keys(build({ chosen }))).toEqual(['pod', 'provider']);
  });

  it('sends no size that equals the default, because a fixed resource accepts none', () => {
    const { pod } = build({ requirements: { resources: { diskSize: 100, vcpus: 16 } } });
    expect([pod.diskSize, pod.vcpus, pod.memory]).toEqual([undefined, undefined, undefined]);
  });
});

describe('imageOf', () => {
  it.each<{ requirements: SpecOverrides; image: string }>([
    { requirements: {}, image: 'ubuntu_22_cuda_12' },
    { requirements: { image: 'flux' }, image: 'flux' },
    { requirements: { customTemplateId: 'cm2' }, image: 'custom_template' },
  ])('is $image', ({ requirements: requested, image }) => {
    expect(imageOf(spec(requested))).toBe(image);
  });
});

describe('the values of Secrets', () => {
  it('join the body as they are', () => {
    const secrets = { envVars: [{ key: 'TOKEN', value: 's3cret' }], jupyterPassword: 'p4ss' };
    const plain = build({});
    expect(createBody({ ...request({}), secrets })).toEqual({
      ...plain,
      pod: { ...plain.pod, envVars: secrets.envVars, jupyterPassword: 'p4ss' },
    });
  });

  it('add no empty list, because the provider distinguishes it from an absent one', () => {
    const body = createBody({ ...request({}), secrets: { envVars: [] } });
    expect(body).toEqual(build({}));
    expect(Object.keys(body.pod)).not.toContain('envVars');
  });
});
