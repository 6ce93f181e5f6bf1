import { describe, expect, it, jest } from '@jest/globals';
import { IN_USE_FINALIZER } from '../../../src/api/common/names.ts';
import { Protection } from '../../../src/controllers/gpuaccount/protection.ts';
import type { Call } from '../boundary.ts';
import type { LifeOptions } from '../life.ts';
import { live } from '../life.ts';
import { DISTINCT_CRASHES, QUICK, runMatrices } from '../matrix.ts';
import type { Matrix } from '../matrix.ts';
import { specChange } from '../people.ts';
import { createAccount, withAccount } from '../planted/account-scenarios.ts';
import { stalledReason } from '../planted/limit-scenarios.ts';
import { reasonOf } from '../readings.ts';
import { NAMESPACE } from '../simulation.ts';
import type { Simulation } from '../simulation.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

const MINUTE_MS = 60_000;
const ACCOUNT = { namespace: NAMESPACE, name: 'default' };
const SECRET = { namespace: NAMESPACE, name: 'default-key' };
const BY_ACCOUNT = { accountRef: { name: 'default' } };

/** The effects on accounts and their Secrets, by the labels of an undisturbed life. */
const EFFECTS = [
  'APPLY secrets',
  'GET secrets',
  'GET /user/whoami',
  'PATCH gpuaccounts finalizers',
  'PUT gpuaccounts/status',
];

const POLLS: ReadonlySet<string> = new Set(['GET secrets', 'GET /pods/status']);

/** The GpuPod is there before its account. */
function waiting(more: LifeOptions): LifeOptions {
  const { prepare: _now, ...options } = withAccount({}, more);
  return {
    ...options,
    spec: { ...BY_ACCOUNT, ...more.spec },
    prepare: (simulation) => {
      simulation.server.create('namespaces', undefined, { metadata: { name: NAMESPACE } }, 'person');
      simulation.time.schedule(3_000, () => {
        createAccount(simulation, {});
      });
    },
  };
}

function accountOf({ server }: Simulation) {
  return server.get('gpuaccounts', ACCOUNT);
}

/** Somebody deletes the account, which is in use. */
async function deleteAccount(simulation: Simulation): Promise<void> {
  simulation.server.delete('gpuaccounts', ACCOUNT, 'person');
  await simulation.until('it says so', () => {
    const account = accountOf(simulation);
    return account !== undefined && reasonOf(account, 'Ready') === 'Deleting';
  });
}

/** The account went with the last GpuPod, and its Secret is free. */
function judgeGone(simulation: Simulation): void {
  if (accountOf(simulation) !== undefined) {
    simulation.journal.addViolation('settles', 'the account is still there');
  }
  judgeFree(simulation);
}

function judgeFree(simulation: Simulation): void {
  for (const object of [accountOf(simulation), simulation.server.get('secrets', SECRET)]) {
    if ((object?.metadata.finalizers ?? []).includes(IN_USE_FINALIZER)) {
      simulation.journal.addViolation(
        'settles',
        `${object?.metadata.name ?? ''} is kept, although nothing uses it`,
      );
    }
  }
}

async function expires(simulation: Simulation): Promise<void> {
  await simulation.until('expired', () => stalledReason(simulation) === 'Expired', 30 * MINUTE_MS);
  specChange({ maxLifetime: '24h' })(simulation);
  await simulation.until('ready again', () => simulation.isReady());
}

async function deleteNamespace(simulation: Simulation): Promise<void> {
  simulation.server.deleteNamespace(NAMESPACE);
  await simulation.until('it is gone', () => simulation.object() === undefined);
}

function judgeEmpty(simulation: Simulation): void {
  for (const kind of ['gpupods', 'gpuaccounts', 'secrets'] as const) {
    for (const { metadata } of simulation.server.list(kind)) {
      if (metadata.namespace === NAMESPACE) {
        simulation.journal.addViolation('settles', `${metadata.name} is still there`);
      }
    }
  }
}

const DELETED_IN_USE: Matrix = {
  name: 'an account that is deleted while it is in use',
  life: () => waiting({ middle: deleteAccount, atEnd: judgeGone }),
  faults: DISTINCT_CRASHES,
};

/** Not at polls, of which this life has many. */
const AT_EFFECTS = DISTINCT_CRASHES.map((fault) => ({
  ...fault,
  fits: (call: Call) => !POLLS.has(call.label) && fault.fits?.(call) !== false,
}));

const LIVES: readonly Matrix[] = [
  DELETED_IN_USE,
  {
    name: 'an instance that expires, and is followed by another',
    life: () => waiting({ spec: { maxLifetime: '5m' }, middle: expires, atEnd: judgeFree }),
    faults: AT_EFFECTS,
    from: ({ marks }) => marks.middle,
    // It says when it expires.
    end: 'its own',
  },
  {
    name: 'a namespace that is deleted with its account',
    life: () => waiting({ middle: deleteNamespace, mayBeGone: true, atEnd: judgeEmpty }),
    faults: DISTINCT_CRASHES,
    from: ({ marks }) => marks.middle,
    end: 'its own',
  },
];

describe('a process that dies', () => {
  it.each(LIVES)(
    'keeps account, Secret and instance together, at any point of a life: $name',
    async (matrix) => {
      const { failures } = await runMatrices([matrix]);
      expect(failures).toEqual([]);
    },
  );

  it('has every effect on accounts among these points', async () => {
    const { calls, violations } = await live({
      ...QUICK,
      ...waiting({ middle: deleteAccount, atEnd: judgeGone }),
    });
    const labels = new Set(calls.map(({ label }) => label));
    expect(violations).toEqual([]);
    expect(EFFECTS.filter((effect) => !labels.has(effect))).toEqual([]);
  });

  it('is found if it overlooks the finalizers of Secrets', async () => {
    const { prototype } = Protection;
    const real = Object.getOwnPropertyDescriptor(prototype, 'noteSecret');
    const noteSecret: unknown = real?.value;
    if (real === undefined || typeof noteSecret !== 'function') throw new Error('nothing notes Secrets');
    prototype.noteSecret = function overlook(this: Protection, key, { secret }): void {
      const metadata = secret === undefined ? undefined : { ...secret.metadata, finalizers: [] };
      const seen = secret === undefined || metadata === undefined ? undefined : { ...secret, metadata };
      Reflect.apply(noteSecret, this, [key, { secret: seen }]);
    };
    try {
      const { failures } = await runMatrices([DELETED_IN_USE], 1);
      expect(failures.join()).toContain('[settles] default-key is kept, although nothing uses it');
    } finally {
      Object.defineProperty(prototype, 'noteSecret', real);
    }
  });
});
