import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_OFFERS_FILE, loadOffers } from '../../src/simulator/offers/load-offers.ts';
import { basePricePerHour } from '../../src/simulator/world/price.ts';
import { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import { settingsSchema } from '../../src/simulator/world/settings.ts';
import { ManualClock, createBench, rent } from './support.ts';

describe('the offers file', () => {
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

  it('is refused with all its problems at once, and their places', () => {
    const file = fileWith(
      'gpus: [{cloudId: x, gpuType: Y, socket: AGP, provider: p, gpuCount: 0, gpuMemory: 1, colour: red}]',
    );
    const load = (): unknown => loadOffers(file);
    expect(load).toThrow(/offers\.yaml/);
    for (const problem of [/socket/, /gpuCount/, /prices/, /colour/]) expect(load).toThrow(problem);
  });

  it('may be JSON', () => {
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

  // Other tests and the demo rely on these rows.
  const KINDS: { name: string; has: (row: ReturnType<typeof loadOffers>['gpus'][number]) => boolean }[] = [
    { name: 'spot', has: (row) => row.isSpot === true && row.cloudId.endsWith('_SPOT') },
    { name: 'prepaid', has: (row) => row.prepaidTime !== null },
    { name: 'unavailable', has: (row) => row.stockStatus === 'Unavailable' },
    { name: 'EUR', has: (row) => row.prices.currency === 'EUR' },
    { name: 'variable price', has: (row) => row.prices.isVariable === true },
    { name: 'CPU', has: (row) => row.gpuType === 'CPU_NODE' },
    { name: 'community', has: (row) => row.prices.communityPrice !== null && row.prices.onDemand === null },
    { name: 'without a place', has: (row) => row.dataCenter === null && row.country === null },
    { name: 'custom template', has: (row) => row.images.includes('custom_template') },
    { name: 'expensive', has: (row) => basePricePerHour(row) > 30 },
  ];

  it.each(KINDS)('has a row by default: $name', ({ has }) => {
    expect(loadOffers(DEFAULT_OFFERS_FILE).gpus.filter(has)).not.toEqual([]);
  });
});

describe('a seed', () => {
  function ids(seed: number): string[] {
    const catalogue = loadOffers(DEFAULT_OFFERS_FILE);
    const clock = new ManualClock();
    const api = new SimulatedApi({ clock, seed, settings: settingsSchema.parse({}), catalogue });
    const bench = { ...createBench(), api };
    return [api.world.random.hexId(), bench.api.world.random.hexId()];
  }

  it('determines the IDs of 32 hex digits', () => {
    expect(ids(7)).toEqual(ids(7));
    expect(ids(7)).not.toEqual(ids(8));
    expect(ids(7).join(' ')).toMatch(/^[0-9a-f]{32} [0-9a-f]{32}$/);
  });

  it('gives instances the same IDs whatever random numbers a fault draws', () => {
    const [plain, unlucky] = [createBench(), createBench()];
    unlucky.api.faults.add({ probability: 0.5, effect: { kind: 'DelayAfter', ms: 0 } });
    expect([rent(plain), rent(plain)]).toEqual([rent(unlucky), rent(unlucky)]);
  });
});
