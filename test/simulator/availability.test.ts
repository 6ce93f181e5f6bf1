import { describe, expect, it } from '@jest/globals';
import { createBench, field, rows } from './support.ts';

describe('GET /availability/gpus', () => {
  const FILTERS = [
    { name: 'type', query: 'gpu_type=B200_180GB', total: 1 },
    { name: 'count', query: 'gpu_count=4', total: 2 },
    { name: 'one region', query: 'regions=canada&gpu_type=H100_80GB', total: 1 },
    {
      name: 'two regions, by repeated keys',
      query: 'regions=canada&regions=united_states&gpu_type=H100_80GB',
      total: 3,
    },
    { name: 'socket', query: 'socket=SXM6', total: 1 },
    { name: 'security', query: 'security=community_cloud', total: 1 },
    { name: 'data center', query: 'data_center_id=US-KS-2', total: 1 },
    { name: 'cloud id with spaces', query: 'cloud_id=NVIDIA%20A100-SXM4-80GB', total: 2 },
    { name: 'nothing', query: 'cloud_id=nope', total: 0 },
  ];

  it.each(FILTERS)('filters by $name', ({ query, total }) => {
    const { body } = createBench().ask('GET', `/availability/gpus?${query}`);
    expect(body).toHaveProperty('totalCount', total);
    expect(rows(body, 'items')).toHaveLength(total);
  });

  it('returns every row once over all pages, with the totalCount of all', () => {
    const bench = createBench();
    const pages = [1, 2, 3, 4, 5, 6].map(
      (page) => bench.ask('GET', `/availability/gpus?page=${String(page)}&page_size=4`).body,
    );
    expect(pages.flatMap((page) => rows(page, 'items'))).toEqual(
      rows(bench.ask('GET', '/availability/gpus').body, 'items'),
    );
    expect(pages[0]).toHaveProperty('totalCount', 21);
  });

  const INVALID = [
    { query: 'page_size=101', param: 'query.page_size' },
    { query: 'page=0', param: 'query.page' },
    { query: 'regions=europe_west', param: 'query.regions.0' },
    { query: 'regions=canada,united_states', param: 'query.regions.0' },
    { query: 'gpu_type=H100', param: 'query.gpu_type' },
    { query: 'socket=AGP', param: 'query.socket' },
  ];

  it.each(INVALID)('answers 422 and names $param for $query', ({ query, param }) => {
    const { status, body } = createBench().ask('GET', `/availability/gpus?${query}`);
    expect(status).toBe(422);
    expect(body).toHaveProperty('errors.0.param', param);
  });

  it('accepts an undocumented type once an offer has it', () => {
    const bench = createBench();
    bench.api.world.offers.change({ provider: 'nebius' }, { gpuType: 'NEW_999GB' });
    expect(bench.ask('GET', '/availability/gpus?gpu_type=NEW_999GB').body).toHaveProperty('totalCount', 2);
  });

  it('returns rows with all fields of the API and none of the simulator', () => {
    const { body } = createBench().ask('GET', '/availability/gpus?data_center_id=US-KS-2');
    expect(rows(body, 'items')[0]).toMatchObject({
      interconnect: null,
      isSpot: null,
      sharedDisk: { step: null },
    });
    expect(rows(body, 'items')[0]).not.toHaveProperty('market');
  });

  it('leaves hidden rows out', () => {
    const bench = createBench();
    bench.api.world.offers.change({ provider: 'nebius' }, { market: { hidden: true } });
    expect(bench.ask('GET', '/availability/gpus?gpu_type=B200_180GB').body).toEqual({
      items: [],
      totalCount: 0,
    });
  });

  it('returns only rows in the place of a disk', () => {
    const bench = createBench();
    const body = { disk: { size: 100, dataCenterId: 'US-KS-2' }, provider: { type: 'runpod' } };
    const disk = bench.ask('POST', '/disks/', { body });
    const id = field(disk.body, 'id');
    const listed = bench.ask('GET', `/availability/gpus?disks=${id}`).body;
    expect(rows(listed, 'items')).toMatchObject([{ provider: 'runpod', dataCenter: 'US-KS-2' }]);
  });
});

describe('the other availability endpoints', () => {
  it('list multi-node offers', () => {
    const { body } = createBench().ask('GET', '/availability/multi-node');
    expect(body).toMatchObject({ items: [{ gpuCount: 16, interconnectType: 'Infiniband' }], totalCount: 1 });
  });

  it('include the legacy one, which groups rows by type and leaves out types without rows', () => {
    const { body } = createBench().ask('GET', '/availability/?gpu_type=H100_80GB&page_size=500');
    expect(body).toEqual({ H100_80GB: expect.anything() });
    expect(rows(body, 'H100_80GB')).toHaveLength(4);
    expect(createBench().ask('GET', '/availability/?gpu_type=T4_16GB').body).toEqual({});
  });

  const SWITCH = [
    { setting: 'LegacyOnly' as const, gpus: 404, multiNode: 404, legacy: 200 },
    { setting: 'CurrentOnly' as const, gpus: 200, multiNode: 200, legacy: 404 },
    { setting: 'Both' as const, gpus: 200, multiNode: 200, legacy: 200 },
  ];

  it.each(SWITCH)('exist as availabilityEndpoints: $setting says', ({ setting, ...statuses }) => {
    const bench = createBench({ availabilityEndpoints: setting });
    expect({
      gpus: bench.ask('GET', '/availability/gpus').status,
      multiNode: bench.ask('GET', '/availability/multi-node').status,
      legacy: bench.ask('GET', '/availability/').status,
    }).toEqual(statuses);
  });

  it('include a summary of the cheapest by type, count and region, without unavailable rows', () => {
    const { body } = createBench().ask('GET', '/availability/gpu-summary');
    expect(body).toMatchObject({
      A100_80GB: { 1: { cheapest: { onDemand: 1.35, communityPrice: 1, spotPrice: 0.5748 } } },
      H100_80GB: { 1: { united_states: { onDemand: 2.69 } } }, // not 1.49, which is Unavailable
    });
  });

  it('list disks', () => {
    const { body } = createBench().ask('GET', '/availability/disks?regions=canada');
    expect(body).toMatchObject({
      items: [{ provider: 'hyperstack', spec: { maxCount: 5000 } }],
      totalCount: 1,
    });
  });
});
