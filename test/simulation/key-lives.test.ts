import { describe, expect, it, jest } from '@jest/globals';
import type { Provider } from '../../src/lifecycle/provider.ts';
import { keyName } from '../../src/lifecycle/ssh-key/key-name.ts';
import { fingerprintOf } from '../../src/lifecycle/ssh-key/public-key.ts';
import { anEd25519Line } from '../support/builders/ssh-keys.ts';
import { judgeKeys, judgeKeysAtEnd, judgePair, ownKeys, plantKeys } from './key-oracle.ts';
import { live } from './life.ts';
import type { LifeOptions } from './life.ts';
import { DISTINCT_CRASHES, runMatrices } from './matrix.ts';
import type { Plant } from './operator-process.ts';
import { specChange } from './people.ts';
import { podIdOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

/** A new process, its first search, the grace, and the search after it. */
const SILENCE_MS = 9 * 60_000;

function lifeWith(spec: NonNullable<LifeOptions['spec']>, plant: Plant = {}): LifeOptions {
  return {
    spec,
    plant,
    silenceMs: SILENCE_MS,
    isTraced: false,
    prepare: plantKeys,
    middle: async (simulation) => {
      await Promise.resolve();
      judgeKeys(simulation);
      judgePair(simulation);
    },
    atEnd: judgeKeysAtEnd,
  };
}

const BY_KEY = { ssh: { publicKey: anEd25519Line() } };

describe('the keys of a life', () => {
  it.each([
    { name: 'a public key', spec: BY_KEY },
    { name: 'a generated pair', spec: { ssh: { generate: true } } },
  ])(
    'with $name are removed after it, at whatever point the process dies, and no other key is touched',
    async ({ spec }) => {
      const { failures, faultedCalls } = await runMatrices([
        { name: 'a life', life: () => lifeWith(spec), faults: DISTINCT_CRASHES, end: 'its own' },
      ]);
      expect(failures).toEqual([]);
      for (const effect of ['GET /ssh_keys/', 'POST /ssh_keys/', 'DELETE /ssh_keys/{id}']) {
        expect(faultedCalls).toContain(effect);
      }
    },
  );
});

describe('two lives of one GpuPod', () => {
  it('with a suspension between them have a key each, at whatever point the process dies', async () => {
    const life = (): LifeOptions => ({
      ...lifeWith({ ssh: { generate: true } }),
      middle: async (simulation) => {
        judgePair(simulation);
        const [before] = ownKeys(simulation);
        specChange({ suspend: true })(simulation);
        await simulation.until('suspended', () => podIdOf(simulation.object()) === undefined);
        specChange({ suspend: false })(simulation);
        await simulation.until('ready again', () => simulation.isReady());
        judgeKeys(simulation);
        judgePair(simulation);
        if (ownKeys(simulation).every(({ id }) => id === before?.id)) {
          simulation.journal.addViolation('keys', 'the second instance has the key of the first');
        }
      },
    });
    const { failures } = await runMatrices([
      {
        name: 'two lives',
        life,
        faults: DISTINCT_CRASHES,
        from: ({ marks }) => marks.middle,
        end: 'its own',
      },
    ]);
    expect(failures).toEqual([]);
  });
});

/** A provider of the operator that does something else. */
type Bug = (real: Provider) => Partial<Provider>;

describe('a planted bug', () => {
  it.each<{ bug: string; otherwise: Bug; finds: string }>([
    {
      bug: 'removes no key',
      otherwise: () => ({ deleteSshKey: async () => await Promise.resolve({ kind: 'accepted' }) }),
      finds: 'is left over',
    },
    {
      bug: 'takes every key for its own',
      otherwise: (real) => ({
        listSshKeys: async () => {
          const listed = await real.listSshKeys();
          return listed.kind === 'failure'
            ? listed
            : {
                kind: 'ok',
                value: listed.value.map((key) => ({
                  ...key,
                  name: keyName(INSTALLATION, {
                    fingerprint: fingerprintOf(key.content.split(' ')[1] ?? ''),
                  }),
                })),
              };
        },
      }),
      finds: 'of somebody else is gone',
    },
    {
      bug: 'registers a key once more after a lost answer',
      otherwise: (real) => {
        let isLost = false;
        return {
          createSshKey: async (key, options) => {
            const outcome = await real.createSshKey(key, options);
            if (isLost) return outcome;
            isLost = true;
            return { kind: 'unknown', message: 'lost' };
          },
          listSshKeys: async () => {
            const listed = await real.listSshKeys();
            return listed.kind === 'failure'
              ? listed
              : { kind: 'ok', value: listed.value.filter(({ isPrimary }) => isPrimary === true) };
          },
        };
      },
      finds: 'is registered twice',
    },
  ])('that $bug is found', async ({ otherwise, finds }) => {
    const plant = { provider: (real: Provider): Provider => ({ ...real, ...otherwise(real) }) };
    const { violations } = await live(lifeWith(BY_KEY, plant));
    expect(violations).toContainEqual(expect.stringMatching(new RegExp(`^\\[keys\\].*${finds}`)));
  });
});
