import { describe, expect, it, jest } from '@jest/globals';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { NAME } from './edits.ts';
import { removeByForce } from './people.ts';
import { isReady, podIdOf, reasonOf } from './readings.ts';
import { Simulation } from './simulation.ts';

jest.setTimeout(2 * 60_000);

const MINUTE_MS = 60_000;
/** Room for one instance at 1.90 USD/h. */
const settings = { policy: { ...OPEN_POLICY, maxTotalPricePerHour: 3_000_000 } };

function deleteRetained(simulation: Simulation): void {
  simulation.delete();
}

function isSecond(simulation: Simulation, isSo: (object: RawObject) => boolean): boolean {
  const object = simulation.object('second');
  return object !== undefined && isSo(object);
}

describe('the limit of the total, while the provider answers with empty lists for a few minutes', () => {
  it.each([
    { what: 'an orphan', spec: {}, leave: removeByForce },
    { what: 'a retained instance', spec: { deletionPolicy: 'Retain' }, leave: deleteRetained },
  ] as const)('leaves no room for another instance beside $what', async ({ spec, leave }) => {
    const simulation = new Simulation({ settings });
    simulation.startOperator();
    simulation.apply(NAME, spec);
    await simulation.until('ready', () => simulation.isReady());
    const podId = podIdOf(simulation.object()) ?? '';
    await simulation.pass(10 * MINUTE_MS);
    leave(simulation);
    simulation.leftIds.add(podId);
    await simulation.until('gone', () => simulation.object() === undefined);

    simulation.apply('second');
    await simulation.pass(12 * MINUTE_MS);
    simulation.api.faults.add({
      ...{ method: 'GET', path: '/pods/' },
      ...{ effect: { kind: 'EmptyList' }, forMs: 3 * MINUTE_MS },
    });
    await simulation.pass(20 * MINUTE_MS);
    const isWaiting = (object: RawObject): boolean => reasonOf(object, 'Synced') === 'BudgetExceeded';
    expect(isSecond(simulation, isWaiting)).toBe(true);
    expect(simulation.journal.violations).toEqual([]);

    // There is room again once it has ended.
    simulation.api.world.pods.end(podId, 'SpotLoss');
    await simulation.until('the second ready', () => isSecond(simulation, isReady));
  });
});
