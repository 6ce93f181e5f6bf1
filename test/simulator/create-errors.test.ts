import { describe, expect, it } from '@jest/globals';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { createBench, createBody } from './support.ts';
import type { CreateOverrides } from './support.ts';

interface Refused {
  name: string;
  body: CreateOverrides;
  settings?: SettingsInput;
  status: number;
  answer: unknown;
}

const A6000 = { cloudId: 'gpu_1x_a6000', gpuType: 'A6000_48GB', dataCenterId: 'us-central-2', country: null };
const RUNPOD = {
  cloudId: 'NVIDIA A100-SXM4-80GB',
  gpuType: 'A100_80GB',
  dataCenterId: 'US-KS-2',
  country: 'US',
};
const CUSTOM = { dataCenterId: 'US-1', country: 'US' };
const COMMUNITY = {
  cloudId: '353c7146-7c5b-4a9f-9c4e-0c5a1f6a3f10_1',
  gpuType: 'A100_80GB',
  dataCenterId: null,
  country: null,
  security: null,
};
const UNAVAILABLE = { cloudId: 'gpu_1x_h100_pcie', dataCenterId: 'us-west-3', country: 'US' };

function detail(text: string): unknown {
  return { detail: text };
}

function errors(param: string, details: string): unknown {
  return { errors: [{ param, details }] };
}

const REFUSED: Refused[] = [
  {
    name: 'maxPrice null where the provider requires it',
    body: { pod: { ...A6000, maxPrice: null }, provider: 'massedcompute' },
    status: 400,
    answer: detail('Missing field: max_price not specified'),
  },
  {
    name: 'dataCenterId null where the provider requires it',
    body: { pod: { dataCenterId: null } },
    status: 400,
    answer: detail('Missing field: data_center_id not specified'),
  },
  {
    name: 'an image that the offer does not list',
    body: { pod: { image: 'prime_rl' } },
    status: 400,
    answer: detail('Provider Hyperstack is not supported for image prime_rl'),
  },
  {
    name: 'a custom template without an ID',
    body: { pod: { image: 'custom_template' } },
    status: 400,
    answer: detail('Invalid Custom Template ID provided'),
  },
  {
    name: 'a custom template that does not fit the provider',
    body: { pod: { image: 'custom_template', customTemplateId: 'tpl' } },
    settings: { templates: [{ id: 'tpl', providers: ['runpod'] }] },
    status: 400,
    answer: detail('Custom template tpl is not compatible with hyperstack H100_80GB'),
  },
  {
    name: 'a custom template that the offer does not list, by setting',
    body: { pod: { image: 'custom_template', customTemplateId: 'tpl' } },
    settings: { templates: [{ id: 'tpl' }], templateNeedsListing: true },
    status: 400,
    answer: detail('Custom template tpl is not compatible with hyperstack H100_80GB'),
  },
  {
    name: 'envVars where the provider takes none',
    body: { pod: { ...RUNPOD, diskSize: 120, envVars: [{ key: 'A', value: 'b' }] }, provider: 'runpod' },
    status: 400,
    answer: detail('Environment variables are not allowed for this request'),
  },
  {
    name: 'another size of a fixed resource',
    body: { pod: { vcpus: 30 } },
    status: 400,
    answer: detail('Invalid vcpus: this resource is fixed at 28'),
  },
  {
    name: 'a size below the minimum',
    body: { pod: { ...CUSTOM, diskSize: 40 } },
    status: 400,
    answer: detail('Invalid diskSize: must be between 50 and 1000'),
  },
  {
    name: 'a size above the maximum',
    body: { pod: { ...CUSTOM, vcpus: 34 } },
    status: 400,
    answer: detail('Invalid vcpus: must be between 4 and 32'),
  },
  {
    name: 'a size between two steps',
    body: { pod: { ...CUSTOM, diskSize: 105 } },
    status: 400,
    answer: detail('Invalid diskSize: must be a multiple of step 10'),
  },
  {
    name: 'a multiple of the step that the minimum plus steps does not reach',
    body: { pod: { ...COMMUNITY, memory: 20 }, provider: 'tensordock' },
    status: 400,
    answer: detail('Invalid memory: must be a multiple of step 10'),
  },
  {
    name: 'prepaid hours for an offer without them',
    body: { pod: { prepaidForHr: 5 } },
    status: 400,
    answer: detail('Reserved instances are not available'),
  },
  {
    name: 'an unknown SSH key',
    body: { pod: { sshKeyId: 'nope' } },
    status: 400,
    answer: detail('SSH key not found'),
  },
  {
    name: 'an unknown disk',
    body: { rest: { disks: ['nope'] } },
    status: 400,
    answer: detail('Disk not found'),
  },
  {
    name: 'an unknown offer',
    body: { pod: { cloudId: 'gone' } },
    status: 400,
    answer: detail('The selected offer is no longer available'),
  },
  {
    name: 'an offer of another place',
    body: { pod: { dataCenterId: 'NORWAY-1' } },
    status: 400,
    answer: detail('The selected offer is no longer available'),
  },
  {
    name: 'another socket, by setting',
    body: { pod: { socket: 'SXM5' } },
    settings: { socketStrict: true },
    status: 400,
    answer: detail('The selected offer is no longer available'),
  },
  {
    name: 'a row with stock Unavailable',
    body: { pod: UNAVAILABLE, provider: 'lambdalabs' },
    status: 500,
    answer: detail('Internal Server Error'),
  },
  {
    name: 'an offer above the cap',
    body: { pod: { maxPrice: 1.89 } },
    status: 400,
    answer: detail('Offer price is above the specified max_price'),
  },
  {
    name: 'a create request beyond the limit of the account',
    body: {},
    settings: { instanceLimit: 0 },
    status: 400,
    answer: detail('Maximum number of instances reached. Limit: 0'),
  },
  {
    name: 'an empty wallet',
    body: {},
    settings: { walletUsd: { user_1: 0 } },
    status: 402,
    answer: detail('Insufficient balance'),
  },
  {
    name: 'an empty wallet, as another setting answers',
    body: {},
    settings: { walletUsd: { user_1: 0 }, emptyWalletStatus: 400 },
    status: 400,
    answer: detail('Insufficient balance'),
  },
  {
    name: 'a team that the caller is not in',
    body: { rest: { team: { teamId: 'team_9' } } },
    status: 403,
    answer: detail('You are not a member of this team'),
  },
  {
    name: 'an unknown key in `pod`',
    body: { pod: { tags: 'a' } },
    status: 422,
    answer: errors('body.pod.tags', 'Extra inputs are not permitted'),
  },
  {
    name: 'a missing key in `pod`',
    body: { pod: { cloudId: undefined } },
    status: 422,
    answer: errors('body.pod.cloudId', 'field required'),
  },
  {
    name: 'a socket that does not exist',
    body: { pod: { socket: 'AGP' } },
    status: 422,
    answer: errors('body.pod.socket', "Input should be 'PCIe', 'SXM2', 'SXM3', 'SXM4', 'SXM5', 'SXM6'"),
  },
];

describe('POST /pods/ refuses', () => {
  it.each(REFUSED)('$name, with $status', ({ body, settings, status, answer }) => {
    const bench = createBench(settings);
    const answered = bench.ask('POST', '/pods/', { body: createBody(body) });
    expect({ status: answered.status, body: answered.body }).toEqual({ status, body: answer });
    expect(bench.api.world.ledger.entries()).toEqual([]);
  });

  it('an image outside the enum, and lists those that exist', () => {
    const { status, body } = createBench().ask('POST', '/pods/', {
      body: createBody({ pod: { image: 'ghcr.io/me/mine:1' } }),
    });
    expect(status).toBe(422);
    expect(body).toHaveProperty('errors.0.details', expect.stringContaining("'custom_template'"));
  });

  const UNKNOWN_NAMES = [
    { name: 'GPU type', body: createBody({ pod: { gpuType: 'H100' } }), param: 'body.pod.gpuType' },
    { name: 'provider', body: createBody({ provider: 'acme' }), param: 'body.provider.type' },
  ];

  it.each(UNKNOWN_NAMES)('an unknown $name with 422, unless enums are open', ({ body, param }) => {
    const strict = createBench().ask('POST', '/pods/', { body });
    expect(strict.body).toHaveProperty('errors.0.param', param);
    expect(createBench({ strictEnums: false }).ask('POST', '/pods/', { body }).status).toBe(400);
  });

  it.each([
    { emptyWalletBody: 'Detail', body: { detail: 'Insufficient balance' } },
    { emptyWalletBody: 'ErrorObject', body: { error: { code: 'insufficient_funds' } } },
  ] as const)('an empty wallet in the shape $emptyWalletBody', ({ emptyWalletBody, body }) => {
    const bench = createBench({ emptyWalletBody, emptyWalletStatus: 400, walletUsd: { user_1: 0 } });
    expect(bench.ask('POST', '/pods/', { body: createBody() })).toMatchObject({ status: 400, body });
  });

  it('an offer that was sold meanwhile, in the words of its upstream provider', () => {
    const bench = createBench({ soldOutDetailBy: { hyperstack: 'No capacity in CANADA-1' } });
    bench.api.world.offers.change({ provider: 'hyperstack' }, { market: { soldOut: true } });
    const { body } = bench.ask('POST', '/pods/', { body: createBody() });
    expect(body).toEqual({ detail: 'No capacity in CANADA-1' });
  });

  it('a body that is not JSON', () => {
    const bench = createBench();
    const { status, body } = bench.ask('POST', '/pods/');
    expect({ status, body }).toEqual({ status: 422, body: errors('body', 'JSON decode error') });
  });
});

describe('POST /pods/', () => {
  const ACCEPTED = [
    { name: 'another socket, which the service seems to ignore', body: { pod: { socket: 'SXM5' } } },
    { name: 'an unknown key beside `pod`, an open object', body: { rest: { sharedWithTeam: true } } },
    { name: 'the minimum plus a step', body: { pod: { ...COMMUNITY, memory: 14 }, provider: 'tensordock' } },
    { name: 'the default of a fixed resource', body: { pod: { vcpus: 28, memory: 180, diskSize: 100 } } },
    { name: 'no image', body: { pod: { image: undefined } } },
    {
      name: 'explicit nulls, as the official CLI sends them',
      body: {
        pod: { country: null, security: null, jupyterPassword: null, customTemplateId: null, maxPrice: null },
        rest: { disks: null, team: null },
      },
    },
    {
      name: 'the guide’s custom template on a row that does not list custom_template',
      body: { pod: { image: 'custom_template', customTemplateId: 'cm2szl4a20001tl3pyq7ua6o7' } },
    },
  ];

  it.each(ACCEPTED)('accepts $name', ({ body }) => {
    expect(createBench().ask('POST', '/pods/', { body: createBody(body) }).status).toBe(200);
  });

  it('accepts only as many as are in stock, by setting', () => {
    const bench = createBench({ consumeStock: true });
    bench.api.world.offers.change({ cloudId: 'n3-H100x1', dataCenter: 'CANADA-1' }, { market: { stock: 1 } });
    expect(bench.ask('POST', '/pods/', { body: createBody() }).status).toBe(200);
    expect(bench.ask('POST', '/pods/', { body: createBody() }).status).toBe(400);
    const listed = bench.ask('GET', '/availability/gpus?cloud_id=n3-H100x1&data_center_id=CANADA-1');
    expect(listed.body).toHaveProperty('items.0.stockStatus', 'Unavailable');
  });

  it('leaves an instance in ERROR that bills after a sold-out offer, by setting', () => {
    const bench = createBench({ soldOutLeavesErrorPod: true });
    bench.api.world.offers.change({ cloudId: 'n3-H100x1' }, { market: { soldOut: true } });
    expect(bench.ask('POST', '/pods/', { body: createBody() }).status).toBe(400);
    expect(bench.ask('GET', '/pods/').body).toHaveProperty('data.0.status', 'ERROR');
    expect(bench.api.world.ledger.live()).toHaveLength(1);
  });
});
