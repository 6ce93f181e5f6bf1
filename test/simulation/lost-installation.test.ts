import { describe, expect, it, jest } from '@jest/globals';
import type { FaultPlan, Mishap } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { INSTALLATION_RECORD, writeRecord } from './installation-record.ts';
import { SimulatedWorld } from './simulated-world.ts';
import { attend } from './random-run/attendant.ts';

jest.setTimeout(5 * 60_000);

/** The call during which somebody deletes the record of the installation. */
const POINTS: Readonly<Record<string, string>> = {
  'while the order is written down': 'PATCH gpupods intent',
  'while the order is on its way': 'POST /pods/',
  'while the pod id is written down': 'PUT gpupods/status',
  'when the machine is ready': 'POST secrets',
  'while the machine is being ended': 'DELETE /pods/{id}',
  'while the finalizer is taken off': 'PATCH gpupods finalizers',
};

/** What befalls the operator then; one that dies finds no record when it comes back, and makes a new one. */
const TROUBLES: Readonly<Record<string, readonly Mishap[]>> = {
  'the operator runs on': [],
  'the operator dies before the call': [{ kind: 'crash', moment: 'before' }],
  'the operator dies while the call is on its way': [{ kind: 'crash', moment: 'sent' }],
  'the operator dies after the call': [{ kind: 'crash', moment: 'after' }],
};

const CASES = Object.keys(POINTS).flatMap((point) =>
  Object.keys(TROUBLES).map((trouble) => ({ point, trouble })),
);

/** The first call of this kind; where the process dies before it, it must not be deleted by one that is gone. */
function losingAt(label: string, mishaps: readonly Mishap[], world: () => SimulatedWorld): FaultPlan {
  let isLost = false;
  return (call) => {
    if (isLost || call.label !== label) return [];
    isLost = true;
    const moment = mishaps.some((mishap) => 'moment' in mishap && mishap.moment === 'before')
      ? 'before'
      : 'sent';
    const act = (): void => {
      world().server.delete('configmaps', INSTALLATION_RECORD, 'person');
    };
    return [{ kind: 'meanwhile', moment, act }, ...mishaps];
  };
}

describe('an installation whose record is deleted', () => {
  it.each(CASES)(
    '$point, and $trouble: rents nothing twice, and forgets nothing',
    async ({ point, trouble }) => {
      const world: SimulatedWorld = new SimulatedWorld({
        faultPlan: losingAt(POINTS[point] ?? '', TROUBLES[trouble] ?? [], () => world),
        settings: { installationId: undefined },
      });
      writeRecord(world);
      attend(world, { isAskedAnew: () => false, note: () => undefined });
      world.startOperator();
      await world.pass(1_000);
      world.apply();
      await world.until('ready', () => world.isReady());
      await settle(world);
      judgeEnd(world);
      world.delete();
      await world.until('gone', () => world.object() === undefined);
      await settle(world);
      judgeEnd(world);
      // Whoever comes next has no record either, where it was still there.
      world.operator.kill();
      world.apply();
      await world.until('ready under the new id', () => world.isReady());
      world.delete();
      await world.until('gone again', () => world.object() === undefined);
      await settle(world);
      judgeEnd(world);
      expect(world.installationIds.size).toBe(2);
      expect(world.books.violations).toEqual([]);
    },
  );
});
