import { describe, expect, it, jest } from '@jest/globals';
import { checkUninstall } from '../../src/controllers/gpupod/installation/uninstall-check.ts';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { FaultPlan } from './boundary.ts';
import { Installations, servedNamespace } from './installations.ts';
import type { Keys } from './installations.ts';
import type { Expectation } from './oracles.ts';
import { removeByForce, restore } from './people.ts';
import { ProcessClock } from './process-clock.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
/** More than four sweeps after the last trouble, so that an orphan would be terminated by then. */
const END_MS = 30 * MINUTE_MS;
const COUNT = 3;
const FIRST = servedNamespace(0);
const NAMES_IN_EACH = ['train-1', 'train-2'];
const NAMES = NAMES_IN_EACH.flatMap((name) =>
  Array.from({ length: COUNT }, (_, index) => `${servedNamespace(index)}/${name}`),
);

/** What happens to the first of the installations. */
interface Trouble {
  readonly faultPlan?: () => FaultPlan;
  /** Before any GpuPod is applied. */
  readonly prepare?: (installations: Installations) => void;
  /** Once all GpuPods are Ready. */
  readonly act?: (installations: Installations) => void;
  readonly expected?: Expectation;
  /** Whether the provider answers each account by itself, so that the trouble needs a key of its own. */
  readonly isOfAccount?: boolean;
}

const ONE = `${FIRST}/train-1`;
const LOST: FaultRuleInput = { method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } };

/** Kills the process in its first call with this label. */
function dyingIn(label: string): () => FaultPlan {
  return () => {
    let isDone = false;
    return (call) => {
      if (isDone || call.label !== label) return [];
      isDone = true;
      return [{ kind: 'crash', moment: 'sent' }];
    };
  };
}

function answering(effect: FaultRuleInput['effect']): NonNullable<Trouble['act']> {
  return ({ first }) => {
    first.api.faults.add({ userId: 'user_1', effect });
  };
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'dies while it creates an instance': { faultPlan: dyingIn('POST /pods/') },
  'dies while it writes the create intent': { faultPlan: dyingIn('PATCH gpupods intent') },
  'dies when it is Ready, and nothing replaces it': {
    act: ({ first }) => {
      first.isRestarting = false;
      first.operator.kill();
    },
  },
  'loses the response to a create request': {
    prepare: ({ first }) => {
      first.api.faults.add(LOST);
    },
  },
  'has an orphan, which it reports': {
    act: ({ first }) => {
      removeByForce(first, ONE);
    },
    expected: { orphans: 1 },
  },
  'has a GpuPod that is restored from a backup': {
    act: ({ first }) => {
      restore(first, ONE);
    },
  },
  'is uninstalled, and its instances with it': {
    act: ({ first }) => {
      void checkUninstall({
        api: {
          list: async ({ namespace }) => await Promise.resolve(first.server.list('gpupods', namespace)),
          delete: async (target) => await Promise.resolve(first.server.delete('gpupods', target, 'person')),
        },
        isKindServed: async () => await Promise.resolve(true),
        clock: new ProcessClock(first.time),
        policy: 'Terminate',
        allowRetain: false,
        namespaces: first.settings.watchNamespaces,
        deletesCrd: false,
        timeoutMs: 10 * MINUTE_MS,
        print: () => undefined,
      });
    },
  },
  'has a key that is revoked': {
    act: answering({ kind: 'Answer', status: 401, body: { detail: 'Invalid API key' } }),
    isOfAccount: true,
  },
  'gets no answers': { act: answering({ kind: 'DelayBefore', ms: 24 * 3_600_000 }), isOfAccount: true },
};

/**
 * With one key, the lists of the others show the instances of the first as well, and take more pages if there are
 * more of them.
 */
const LISTS: ReadonlySet<string | null> = new Set(['/pods/', '/pods/history']);

function requestsOf({ first, all }: Installations, index: number, keys: Keys): readonly string[] {
  return first.api.requests
    .all()
    .filter(({ number }) => all[index]?.sent.has(number) === true)
    .filter(({ route }) => keys === 'own' || !LISTS.has(route))
    .map(({ atMs, method, route }) => `${atMs} installation ${index} ${method} ${route ?? ''}`);
}

/** What the other installations write and request, each with its time. */
async function courseOfOthers(keys: Keys, trouble: Trouble = {}): Promise<readonly string[]> {
  const installations = new Installations({
    count: COUNT,
    keys,
    isTraced: false,
    faultPlanOf: (index) => (index === 0 ? trouble.faultPlan?.() : undefined),
  });
  const { first } = installations;
  const course: string[] = [];
  first.server.onChange(({ by, verb, kind, object: { metadata } }) => {
    if (metadata.namespace === FIRST || !by.startsWith('operator-gpupod-')) return;
    course.push(`${first.time.nowMs} ${by} ${verb} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
  });
  await installations.start();
  trouble.prepare?.(installations);
  for (const name of NAMES) first.apply(name);
  await first.until('all are Ready', () => NAMES.every((name) => first.isReady(name)));
  trouble.act?.(installations);
  await first.pass(END_MS - first.time.nowMs);
  installations.judge(trouble.expected);
  expect(first.journal.violations).toEqual([]);
  for (const index of [1, 2]) course.push(...requestsOf(installations, index, keys));
  return course;
}

const CASES = (['own', 'shared'] as const).flatMap((keys) =>
  Object.entries(TROUBLES)
    .filter(([, { isOfAccount = false }]) => keys === 'own' || !isOfAccount)
    .map(([what, trouble]) => ({ keys, what, trouble })),
);

/** With keys of their own, and with one key. */
const UNDISTURBED = { own: courseOfOthers('own'), shared: courseOfOthers('shared') };

describe('installations of one cluster with disjoint namespaces', () => {
  it.each(CASES)(
    'take the same course, to the millisecond, when one of them $what ($keys keys)',
    async ({ keys, trouble }) => {
      const undisturbed = await UNDISTURBED[keys];
      const disturbed = await courseOfOthers(keys, trouble);
      expect(undisturbed.length).toBeGreaterThan(100);
      expect(disturbed).toEqual(undisturbed);
    },
  );
});
