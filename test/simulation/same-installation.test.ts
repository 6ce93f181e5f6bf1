import { describe, expect, it, jest } from '@jest/globals';
import { podIdOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';
import { Simulation } from './simulation.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
/** Longer than three sweeps and their consequences. */
const SWEEPS_MS = 40 * MINUTE_MS;

/** Two clusters whose operators have the same installation ID and terminate orphans. */
function twoWithOneId(accepted: string | undefined): readonly [Simulation, Simulation] {
  const settings = {
    orphanPolicy: 'Terminate',
    installationId: INSTALLATION,
    acceptInstallation: accepted,
  } as const;
  const near = new Simulation({ settings });
  return [near, new Simulation({ seed: 2, neighbour: near, settings })];
}

function isLive(simulation: Simulation, podId: string | undefined): boolean {
  return simulation.api.world.ledger.live().some(({ id }) => id === podId);
}

/** A person removes the object by force. Its instance becomes an orphan. */
function removeByForce(simulation: Simulation): void {
  simulation.edit((object) => ({ ...object, metadata: { ...object.metadata, finalizers: [] } }));
  simulation.delete();
}

describe('two clusters with one installation ID', () => {
  it('terminate nothing of each other', async () => {
    const both = twoWithOneId(undefined);
    const [near] = both;
    for (const simulation of both) {
      simulation.startOperator();
      await simulation.pass(1_000);
      simulation.apply();
      await simulation.until('ready', () => simulation.isReady());
    }
    await near.pass(SWEEPS_MS);
    for (const simulation of both) {
      expect(simulation.isReady()).toBe(true);
      expect(isLive(simulation, podIdOf(simulation.object()))).toBe(true);
    }
    expect(near.api.world.ledger.deletes).toEqual([]);
  });

  it('terminate an orphan of their own if this process has seen its GpuPod', async () => {
    const [near] = twoWithOneId(undefined);
    near.startOperator();
    await near.pass(1_000);
    near.apply();
    await near.until('ready', () => near.isReady());
    await near.pass(11 * MINUTE_MS);
    const podId = podIdOf(near.object());
    removeByForce(near);
    await near.until('ended', () => !isLive(near, podId));
    expect(near.api.world.ledger.deletes.map((record) => record.podId)).toContain(podId);
  });

  it.each([
    { accepted: undefined, isEnded: false },
    { accepted: 'zzz999', isEnded: false },
    { accepted: INSTALLATION, isEnded: true },
  ])(
    'terminate such an orphan in another process with $accepted confirmed: $isEnded',
    async ({ accepted, isEnded }) => {
      const [near] = twoWithOneId(accepted);
      near.startOperator();
      await near.pass(1_000);
      near.apply();
      await near.until('ready', () => near.isReady());
      const podId = podIdOf(near.object());
      near.operator.kill();
      removeByForce(near);
      await near.pass(SWEEPS_MS);
      expect(isLive(near, podId)).toBe(!isEnded);
    },
  );
});
