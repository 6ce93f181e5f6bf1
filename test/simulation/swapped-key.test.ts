import { describe, expect, it, jest } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { ClusterPorts } from '../../src/controllers/gpupod/gpu-pod-options.ts';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { specChange } from './people.ts';
import type { Action } from './people.ts';
import { Simulation } from './simulation.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;

/** The call during which the key of another account is put in. */
const POINTS: Readonly<Record<string, string>> = {
  'while offers are read': 'GET /availability/gpus',
  'while the create intent is written': 'PATCH gpupods intent',
  'while the create request is in flight': 'POST /pods/',
  'while the pod ID is written': 'PUT gpupods/status',
  'while the instance is read': 'GET /pods/status',
  'while all instances are listed': 'GET /pods/',
  'when the instance is ready': 'POST secrets',
  'while the instance is being terminated': 'DELETE /pods/{id}',
  'while the finalizer is removed': 'PATCH gpupods finalizers',
};

/** What happens during the time of the other key, and how the right one returns. */
const COURSES: Readonly<Record<string, Action>> = {
  'back after 40 s': (simulation) => {
    putBack(simulation, 40_000);
  },
  'back after an hour': (simulation) => {
    putBack(simulation, 60 * MINUTE_MS);
  },
  'another process comes with it, back after 20 min': (simulation) => {
    simulation.later(2 * MINUTE_MS, () => {
      simulation.operator.kill();
    });
    putBack(simulation, 20 * MINUTE_MS);
  },
  'it is suspended meanwhile, back after 20 min': (simulation) => {
    simulation.later(MINUTE_MS, () => {
      specChange({ suspend: true })(simulation);
    });
    simulation.later(30 * MINUTE_MS, () => {
      specChange({ suspend: false })(simulation);
    });
    putBack(simulation, 20 * MINUTE_MS);
  },
  'the process dies, and the next one comes with the right one': (simulation) => {
    simulation.operator.kill();
    putBack(simulation, 1_000);
  },
};

function putBack(simulation: Simulation, inMs: number): void {
  simulation.later(inMs, () => {
    simulation.changeKey('test-key');
  });
}

const CASES = Object.keys(POINTS).flatMap((point) =>
  Object.keys(COURSES).map((course) => ({ point, course })),
);

function swappedDuring(label: string, course: Action, simulation: () => Simulation): FaultPlan {
  let isDone = false;
  return (call) => {
    if (isDone || call.label !== label) return [];
    isDone = true;
    const act = (): void => {
      simulation().changeKey('other-key');
      course(simulation());
    };
    return [{ kind: 'meanwhile', moment: 'sent', act }];
  };
}

describe('a key that changes to that of another account', () => {
  it.each(CASES)(
    'causes no second instance, and touches nothing of the other account: $point; $course',
    async (row) => {
      const simulation: Simulation = new Simulation({
        settings: { orphanPolicy: 'Terminate' },
        faultPlan: swappedDuring(
          POINTS[row.point] ?? '',
          COURSES[row.course] ?? putBackNever,
          () => simulation,
        ),
      });
      simulation.startOperator();
      await simulation.pass(1_000);
      simulation.apply();
      await simulation.until(
        'ready, with the right key',
        () => simulation.isReady() && simulation.pending === 0,
        120 * MINUTE_MS,
      );
      await settle(simulation);
      judgeEnd(simulation);
      simulation.delete();
      await simulation.until(
        'deleted, with the right key',
        () => simulation.object() === undefined && simulation.pending === 0,
        120 * MINUTE_MS,
      );
      await settle(simulation);
      judgeEnd(simulation);
      expect(simulation.settings.key.version).toBe(3);
      expect(changesBy('user_2', simulation)).toEqual([]);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});

/** The operator creates and terminates nothing with another account's key, not even foreign instances. */
function changesBy(userId: string, { api }: Simulation): readonly string[] {
  return api.requests
    .all()
    .filter((request) => request.userId === userId && request.method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);
}

const putBackNever: Action = () => {
  throw new Error('no such course');
};

/** The provider does not say whose key it is. */
const NOT_TOLD: FaultRuleInput = {
  method: 'GET',
  path: '/user/whoami',
  effect: { kind: 'Answer', status: 403, body: { detail: 'Forbidden' } },
};

describe('a key that changes to that of another user, if neither may read its account', () => {
  it.each(Object.entries(POINTS))('costs the other user nothing: %s', async (_point, label) => {
    let isArmed = false;
    const swapped = swappedDuring(label, COURSES['back after 40 s'] ?? putBackNever, () => simulation);
    const simulation: Simulation = new Simulation({
      settings: { orphanPolicy: 'Terminate' },
      faultPlan: (call) => (isArmed ? swapped(call) : []),
    });
    simulation.api.faults.add(NOT_TOLD);
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply('before');
    await simulation.until('the first is ready', () => simulation.isReady('before'), 120 * MINUTE_MS);
    isArmed = true;
    simulation.apply();
    await simulation.until(
      'ready, with the right key',
      () => simulation.isReady() && simulation.pending === 0,
      120 * MINUTE_MS,
    );
    for (const name of ['before', undefined]) simulation.delete(name);
    const isGone = (name?: string): boolean => simulation.object(name) === undefined;
    await simulation.until(
      'deleted, with the right key',
      () => isGone() && isGone('before') && simulation.pending === 0,
      120 * MINUTE_MS,
    );
    await settle(simulation);
    expect(changesBy('user_2', simulation)).toEqual([]);
    expect(simulation.journal.violations).toEqual([]);
  });
});

/**
 * A slow webhook: the first create intent after `arm` is written only after the account of the new key is
 * known.
 */
function slowIntent(simulation: () => Simulation) {
  let isArmed = false;
  const ports = (real: ClusterPorts): ClusterPorts => ({
    ...real,
    api: {
      get: async (target) => await real.api.get(target),
      list: async (namespace) => await real.api.list(namespace),
      replaceStatus: async (object) => await real.api.replaceStatus(object),
      patchMetadata: async (patch) => {
        if (isArmed && JSON.stringify(patch).includes('gpupod.dev/intent')) {
          isArmed = false;
          simulation().changeKey('other-key');
          await new Promise<void>((resolve) => simulation().time.schedule(4_000, resolve));
        }
        return await real.api.patchMetadata(patch);
      },
    },
  });
  return {
    ports,
    arm: () => {
      isArmed = true;
    },
  };
}

describe('a key that changes during a slow write of a create intent', () => {
  it.each([{ isTold: true }, { isTold: false }])(
    'sends nothing with the new key (its user is known: $isTold)',
    async ({ isTold }) => {
      const { ports, arm } = slowIntent(() => simulation);
      const simulation: Simulation = new Simulation({ plant: { ports } });
      // No instance of the other user may have our name prefix, which would reveal the key.
      for (const pod of simulation.api.world.pods.live()) {
        if (pod.userId === 'user_2') simulation.api.world.pods.end(pod.id, 'Forced');
      }
      if (!isTold) simulation.api.faults.add(NOT_TOLD);
      simulation.startOperator();
      await simulation.pass(1_000);
      simulation.apply('before');
      await simulation.until('the first is ready', () => simulation.isReady('before'), 120 * MINUTE_MS);
      arm();
      simulation.apply();
      await simulation.pass(5 * MINUTE_MS);
      simulation.changeKey('test-key');
      await simulation.until('ready, with the right key', () => simulation.isReady(), 120 * MINUTE_MS);
      expect(changesBy('user_2', simulation)).toEqual([]);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});

/** Once, at the first status write after a call of `arm`. */
function atNextStatusWrite(act: () => void): { readonly faultPlan: FaultPlan; readonly arm: () => void } {
  let isArmed = false;
  const faultPlan: FaultPlan = ({ label }) => {
    if (!isArmed || label !== 'PUT gpupods/status') return [];
    isArmed = false;
    return [{ kind: 'meanwhile', moment: 'sent', act }];
  };
  return {
    faultPlan,
    arm: () => {
      isArmed = true;
    },
  };
}

describe('a key that changes again when terminations resume', () => {
  it('sends no DELETE with the key of another user, and terminates with the right one', async () => {
    const ending = ['train-4', 'train-5', 'train-6'];
    const names = ['train-1', 'train-2', 'train-3', ...ending];
    const { faultPlan, arm } = atNextStatusWrite(() => {
      simulation.changeKey('other-key');
      putBack(simulation, 40_000);
    });
    const simulation: Simulation = new Simulation({ faultPlan });
    simulation.startOperator();
    await simulation.pass(1_000);
    for (const name of names) simulation.apply(name);
    await simulation.until('all are ready', () => names.every((name) => simulation.isReady(name)));
    simulation.changeKey('other-key');
    await simulation.pass(10_000);
    for (const name of ending) simulation.delete(name);
    await simulation.pass(10_000);
    arm();
    simulation.changeKey('test-key');
    await simulation.until(
      'they are deleted',
      () => ending.every((name) => simulation.object(name) === undefined),
      60 * MINUTE_MS,
    );
    await settle(simulation);
    expect(simulation.settings.key.version).toBe(5);
    expect(changesBy('user_2', simulation)).toEqual([]);
    expect(simulation.journal.violations).toEqual([]);
  });
});
