import { describe, expect, it, jest } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { ClusterPorts } from '../../src/controllers/gpupod/gpu-pod-options.ts';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { specChange } from './people.ts';
import type { Doing } from './people.ts';
import { SimulatedWorld } from './simulated-world.ts';

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
const COURSES: Readonly<Record<string, Doing>> = {
  'back after 40 s': (world) => {
    putBack(world, 40_000);
  },
  'back after an hour': (world) => {
    putBack(world, 60 * MINUTE_MS);
  },
  'another process comes with it, back after 20 min': (world) => {
    world.later(2 * MINUTE_MS, () => {
      world.operator.kill();
    });
    putBack(world, 20 * MINUTE_MS);
  },
  'it is suspended meanwhile, back after 20 min': (world) => {
    world.later(MINUTE_MS, () => {
      specChange({ suspend: true })(world);
    });
    world.later(30 * MINUTE_MS, () => {
      specChange({ suspend: false })(world);
    });
    putBack(world, 20 * MINUTE_MS);
  },
  'the process dies, and the next one comes with the right one': (world) => {
    world.operator.kill();
    putBack(world, 1_000);
  },
};

function putBack(world: SimulatedWorld, inMs: number): void {
  world.later(inMs, () => {
    world.changeKey('test-key');
  });
}

const CASES = Object.keys(POINTS).flatMap((point) =>
  Object.keys(COURSES).map((course) => ({ point, course })),
);

function swappedDuring(label: string, course: Doing, world: () => SimulatedWorld): FaultPlan {
  let isDone = false;
  return (call) => {
    if (isDone || call.label !== label) return [];
    isDone = true;
    const act = (): void => {
      world().changeKey('other-key');
      course(world());
    };
    return [{ kind: 'meanwhile', moment: 'sent', act }];
  };
}

describe('a key that changes to that of another account', () => {
  it.each(CASES)(
    'causes no second instance, and touches nothing of the other account: $point; $course',
    async (row) => {
      const world: SimulatedWorld = new SimulatedWorld({
        settings: { orphanPolicy: 'Terminate' },
        faultPlan: swappedDuring(POINTS[row.point] ?? '', COURSES[row.course] ?? putBackNever, () => world),
      });
      world.startOperator();
      await world.pass(1_000);
      world.apply();
      await world.until(
        'ready, with the right key',
        () => world.isReady() && world.pending === 0,
        120 * MINUTE_MS,
      );
      await settle(world);
      judgeEnd(world);
      world.delete();
      await world.until(
        'deleted, with the right key',
        () => world.object() === undefined && world.pending === 0,
        120 * MINUTE_MS,
      );
      await settle(world);
      judgeEnd(world);
      expect(world.settings.key.version).toBe(3);
      expect(changesBy('user_2', world)).toEqual([]);
      expect(world.journal.violations).toEqual([]);
    },
  );
});

/** The operator creates and terminates nothing with another account's key, not even foreign instances. */
function changesBy(userId: string, { api }: SimulatedWorld): readonly string[] {
  return api.requests
    .all()
    .filter((request) => request.userId === userId && request.method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);
}

const putBackNever: Doing = () => {
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
    const swapped = swappedDuring(label, COURSES['back after 40 s'] ?? putBackNever, () => world);
    const world: SimulatedWorld = new SimulatedWorld({
      settings: { orphanPolicy: 'Terminate' },
      faultPlan: (call) => (isArmed ? swapped(call) : []),
    });
    world.api.faults.add(NOT_TOLD);
    world.startOperator();
    await world.pass(1_000);
    world.apply('before');
    await world.until('the first is ready', () => world.isReady('before'), 120 * MINUTE_MS);
    isArmed = true;
    world.apply();
    await world.until(
      'ready, with the right key',
      () => world.isReady() && world.pending === 0,
      120 * MINUTE_MS,
    );
    for (const name of ['before', undefined]) world.delete(name);
    const isGone = (name?: string): boolean => world.object(name) === undefined;
    await world.until(
      'deleted, with the right key',
      () => isGone() && isGone('before') && world.pending === 0,
      120 * MINUTE_MS,
    );
    await settle(world);
    expect(changesBy('user_2', world)).toEqual([]);
    expect(world.journal.violations).toEqual([]);
  });
});

/**
 * A slow webhook: the first create intent after `arm` is written only after the account of the new key is
 * known.
 */
function slowIntent(world: () => SimulatedWorld) {
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
          world().changeKey('other-key');
          await new Promise<void>((resolve) => world().time.schedule(4_000, resolve));
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
      const { ports, arm } = slowIntent(() => world);
      const world: SimulatedWorld = new SimulatedWorld({ plant: { ports } });
      // No instance of the other user may have our name prefix, which would reveal the key.
      for (const pod of world.api.world.pods.live()) {
        if (pod.userId === 'user_2') world.api.world.pods.end(pod.id, 'Forced');
      }
      if (!isTold) world.api.faults.add(NOT_TOLD);
      world.startOperator();
      await world.pass(1_000);
      world.apply('before');
      await world.until('the first is ready', () => world.isReady('before'), 120 * MINUTE_MS);
      arm();
      world.apply();
      await world.pass(5 * MINUTE_MS);
      world.changeKey('test-key');
      await world.until('ready, with the right key', () => world.isReady(), 120 * MINUTE_MS);
      expect(changesBy('user_2', world)).toEqual([]);
      expect(world.journal.violations).toEqual([]);
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
      world.changeKey('other-key');
      putBack(world, 40_000);
    });
    const world: SimulatedWorld = new SimulatedWorld({ faultPlan });
    world.startOperator();
    await world.pass(1_000);
    for (const name of names) world.apply(name);
    await world.until('all are ready', () => names.every((name) => world.isReady(name)));
    world.changeKey('other-key');
    await world.pass(10_000);
    for (const name of ending) world.delete(name);
    await world.pass(10_000);
    arm();
    world.changeKey('test-key');
    await world.until(
      'they are deleted',
      () => ending.every((name) => world.object(name) === undefined),
      60 * MINUTE_MS,
    );
    await settle(world);
    expect(world.settings.key.version).toBe(5);
    expect(changesBy('user_2', world)).toEqual([]);
    expect(world.journal.violations).toEqual([]);
  });
});
