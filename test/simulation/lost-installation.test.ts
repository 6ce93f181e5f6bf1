import { describe, expect, it, jest } from '@jest/globals';
import type { FaultPlan, CallFault } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { INSTALLATION_RECORD, writeRecord } from './installation-record.ts';
import { Simulation } from './simulation.ts';
import { attend } from './random-run/attendant.ts';

jest.setTimeout(5 * 60_000);

/** The call during which a person deletes the record of the installation. */
const POINTS: Readonly<Record<string, string>> = {
  'while the create intent is written': 'PATCH gpupods intent',
  'while the create request is in flight': 'POST /pods/',
  'while the pod ID is written': 'PUT gpupods/status',
  'when the instance is ready': 'POST secrets',
  'while the instance is being terminated': 'DELETE /pods/{id}',
  'while the finalizer is removed': 'PATCH gpupods finalizers',
};

/** What happens to the operator then. The next process finds no record and writes a new one. */
const TROUBLES: Readonly<Record<string, readonly CallFault[]>> = {
  'the operator runs on': [],
  'the operator dies before the call': [{ kind: 'crash', moment: 'before' }],
  'the operator dies while the call is in flight': [{ kind: 'crash', moment: 'sent' }],
  'the operator dies after the call': [{ kind: 'crash', moment: 'after' }],
};

const CASES = Object.keys(POINTS).flatMap((point) =>
  Object.keys(TROUBLES).map((trouble) => ({ point, trouble })),
);

/**
 * The first call with this label. If the process dies before the call, the record is deleted all the same.
 */
function losingAt(label: string, callFaults: readonly CallFault[], simulation: () => Simulation): FaultPlan {
  let isLost = false;
  return (call) => {
    if (isLost || call.label !== label) return [];
    isLost = true;
    const moment = callFaults.some((callFault) => 'moment' in callFault && callFault.moment === 'before')
      ? 'before'
      : 'sent';
    const act = (): void => {
      simulation().server.delete('configmaps', INSTALLATION_RECORD, 'person');
    };
    return [{ kind: 'meanwhile', moment, act }, ...callFaults];
  };
}

describe('an installation whose record is deleted', () => {
  it.each(CASES)(
    'creates nothing twice and forgets nothing: $point, and $trouble',
    async ({ point, trouble }) => {
      const simulation: Simulation = new Simulation({
        faultPlan: losingAt(POINTS[point] ?? '', TROUBLES[trouble] ?? [], () => simulation),
        settings: { installationId: undefined },
      });
      writeRecord(simulation);
      attend(simulation, { isAskedAnew: () => false, note: () => undefined });
      simulation.startOperator();
      await simulation.pass(1_000);
      simulation.apply();
      await simulation.until('ready', () => simulation.isReady());
      await settle(simulation);
      judgeEnd(simulation);
      simulation.delete();
      await simulation.until('gone', () => simulation.object() === undefined);
      await settle(simulation);
      judgeEnd(simulation);
      // If the record still existed, the next process must not find it either.
      simulation.operator.kill();
      simulation.apply();
      await simulation.until('ready under the new ID', () => simulation.isReady());
      simulation.delete();
      await simulation.until('gone again', () => simulation.object() === undefined);
      await settle(simulation);
      judgeEnd(simulation);
      expect(simulation.installationIds.size).toBe(2);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});
