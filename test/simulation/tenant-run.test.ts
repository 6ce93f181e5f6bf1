import { describe, expect, it, jest } from '@jest/globals';
import { describeTenants, drawTenants, tenantFaultNames } from './tenants/draw.ts';
import { runTenants } from './tenants/tenant-run.ts';
import { TENANT_KINDS } from './tenants/planned.ts';

// Some hundred GpuPods.
jest.setTimeout(10 * 60_000);

/** The seeds that each test run covers. `npm run test:soak` runs more. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('a random run with tenants', () => {
  it.each(SEEDS)(
    'keeps all promises, and every GpuPod gets what accounts and limits allow: seed %i',
    async (seed) => {
      const plan = drawTenants(seed);
      const { violations } = await runTenants(plan, { isTraced: false });
      expect(violations.length === 0 ? [] : [...describeTenants(plan), ...violations]).toEqual([]);
    },
  );

  it('is the same each time, to the last line of the trace', async () => {
    const [first, again, other] = [
      await runTenants(drawTenants(3)),
      await runTenants(drawTenants(3)),
      await runTenants(drawTenants(5)),
    ];
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  it('draws every kind of GpuPod, account and fault', () => {
    const plans = Array.from({ length: 300 }, (_, seed) => drawTenants(seed));
    const kinds = new Set(plans.flatMap(({ gpuPods }) => gpuPods.map(({ kind }) => kind)));
    const faults = new Set(
      plans.flatMap(({ coming, going }) => [...coming, ...going].map(({ name }) => name)),
    );
    const scopes = new Set(
      plans.flatMap(({ accounts }) => accounts.map(({ namespace }) => namespace === undefined)),
    );
    expect([...kinds].toSorted()).toEqual(Object.keys(TENANT_KINDS).toSorted());
    expect(tenantFaultNames().filter((name) => !faults.has(name))).toEqual([]);
    expect(scopes.size).toBe(2);
  });
});
