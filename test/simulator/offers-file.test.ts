import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_OFFERS_FILE, loadOffers } from '../../src/simulator/offers/load-offers.ts';
import { basePricePerHour } from '../../src/simulator/world/price.ts';
import { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import { settingsSchema } from '../../src/simulator/world/settings.ts';
import { ManualClock, createBench, rent } from './support.ts';

describe('offers file', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'offers-'));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function fileWith(text: string): string {
    const file = join(directory, 'offers.yaml');
    writeFileSync(file, text);
    return file;
  }

  test('all problems are named at once, with their places', () => {
    const file = fileWith(
      'gpus: [{cloudId: x, gpuType: Y, socket: AGP, provider: p, gpuCount: 0, gpuMemory: 1, colour: red}]',
    );
    const load = (): unknown => loadOffers(file);
    expect(load).toThrow(/offers\.yaml/);
    for (const problem of [/socket/, /gpuCount/, /prices/, /colour/]) expect(load).toThrow(problem);
  });

  test('JSON is YAML too', () => {
    const row = {
      cloudId: 'x',
      gpuType: 'Y',
      socket: 'PCIe',
      provider: 'p',
      gpuCount: 1,
      gpuMemory: 1,
      prices: { onDemand: 1 },
    };
    expect(loadOffers(fileWith(JSON.stringify({ gpus: [row] }))).gpus).toHaveLength(1);
  });

  // What the rest of the tests and the demo count on to be there.
  const KINDS: { name: string; has: (row: ReturnType<typeof loadOffers>['gpus'][number]) => boolean }[] = [
    { name: 'spot', has: (row) => row.isSpot === true && row.cloudId.endsWith('_SPOT') },
    { name: 'prepaid', has: (row) => row.prepaidTime !== null },
    { name: 'unavailable', has: (row) => row.stockStatus === 'Unavailable' },
    { name: 'EUR', has: (row) => row.prices.currency === 'EUR' },
    { name: 'variable price', has: (row) => row.prices.isVariable === true },
    { name: 'CPU', has: (row) => row.gpuType === 'CPU_NODE' },
    { name: 'community', has: (row) => row.prices.communityPrice !== null && row.prices.onDemand === null },
    { name: 'without place', has: (row) => row.dataCenter === null && row.country === null },
    { name: 'custom template', has: (row) => row.images.includes('custom_template') },
    { name: 'dear', has: (row) => basePricePerHour(row) > 30 },
  ];

  test.each(KINDS)('the default file has a row: $name', ({ has }) => {
    expect(loadOffers(DEFAULT_OFFERS_FILE).gpus.filter(has)).not.toEqual([]);
  });
});

describe('determinism', () => {
  function ids(seed: number): string[] {
    const catalogue = loadOffers(DEFAULT_OFFERS_FILE);
    const clock = new ManualClock();
    const api = new SimulatedApi({ clock, seed, settings: settingsSchema.parse({}), catalogue });
    const bench = { ...createBench(), api };
    return [api.world.random.hexId(), bench.api.world.random.hexId()];
  }

  test('the same seed gives the same ids of 32 hex digits, another seed others', () => {
    expect(ids(7)).toEqual(ids(7));
    expect(ids(7)).not.toEqual(ids(8));
    expect(ids(7).join(' ')).toMatch(/^[0-9a-f]{32} [0-9a-f]{32}$/);
  });

  test('a fault that draws luck does not change the ids of pods', () => {
    const [plain, unlucky] = [createBench(), createBench()];
    unlucky.api.faults.add({ probability: 0.5, effect: { kind: 'DelayAfter', ms: 0 } });
    expect([rent(plain), rent(plain)]).toEqual([rent(unlucky), rent(unlucky)]);
  });
});
