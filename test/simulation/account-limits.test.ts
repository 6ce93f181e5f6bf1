import { expect, it, jest } from '@jest/globals';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;

/** Enough for one instance of the simulated offers, and too little for two. */
const ONE_INSTANCE = 3_000_000;

it('limits the price of the instances of all accounts together, however they interleave', async () => {
  const scene = new AccountScene({
    settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: ONE_INSTANCE } },
  });
  scene.addAccount('team-a', 'key-of-a');
  scene.addAccount('team-b', 'key-of-b');
  await scene.start();
  await scene.simulation.pass(MINUTE_MS);
  const namespaces = ['team-a', 'team-b', 'team-c'];
  for (const namespace of namespaces) scene.apply(namespace);
  await scene.simulation.pass(10 * MINUTE_MS);
  const rented = namespaces.filter((namespace) => scene.payersOf(namespace).length > 0);
  expect(rented).toHaveLength(1);
  const waiting = namespaces.filter((namespace) => !rented.includes(namespace));
  expect(waiting.map((namespace) => scene.syncedReason(namespace))).toEqual([
    'BudgetExceeded',
    'BudgetExceeded',
  ]);
  const [first = ''] = rented;
  scene.simulation.server.delete('gpupods', { namespace: first, name: 'train-1' }, 'person');
  await scene.simulation.until(
    'the next one is rented',
    () => waiting.filter((namespace) => scene.payersOf(namespace).length > 0).length === 1,
  );
  expect(scene.simulation.journal.violations).toEqual([]);
});
