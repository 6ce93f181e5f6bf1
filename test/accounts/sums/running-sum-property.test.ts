import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ownerFor } from '../../../src/accounts/sums/stated.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';
import { foreignNameFor, gpuPodOf, intentFor, nameFor } from '../support/sums-objects.ts';
import type { Drawn } from '../support/sums-objects.ts';
import { LISTERS, NAMESPACES, SumsWorld } from '../support/sums-world.ts';
import { intentOf } from '../../../src/lifecycle/intent.ts';

const WHAT = [
  ...(['put', 'put', 'put', 'put', 'remove', 'list', 'list', 'takeRetained', 'markRetained'] as const),
  ...([
    'keep',
    'ended',
    'note',
    'reserve',
    'reserve',
    'release',
    'settle',
    'wait',
    'setBack',
    'payer',
    'settleLists',
    'hold',
  ] as const),
] as const;
const WAITS_MS = [1, 30_000, 100_000, 1_800_000, 3_600_000];
const die = fc.nat({ max: 1_000 });

/** What happens to one of six GpuPods, three in each of two namespaces. Chance decides the details. */
const event = fc.record({
  who: fc.nat({ max: 5 }),
  what: fc.constantFrom(...WHAT),
  form: die,
  dice: fc.tuple(die, die, die, die),
});
type Event = Parameters<Parameters<typeof event.map>[0]>[0];

/** The random events, applied to both sums. */
class Run {
  readonly world: SumsWorld;
  readonly #lives: number[] = [];
  #version = 0;

  constructor(assumedPrice: number | undefined) {
    this.world = new SumsWorld(assumedPrice);
  }

  apply(happened: Event): void {
    const drawn = this.#draw(happened);
    this.#happens[happened.what](drawn, happened);
  }

  #draw({ who, dice }: Pick<Event, 'who' | 'dice'>): Drawn {
    const namespace = NAMESPACES[who % 2] ?? 'team-a';
    const [a, b] = dice;
    this.#version += 1;
    return {
      namespace,
      name: `x${String(who)}`,
      uid: this.#uidOf(who),
      otherUid: this.#uidOf((who + 2 * (a % 3)) % 6, b % 2),
      resourceVersion: String(this.#version),
      attempt: 1 + (b % 2),
      podId: `pod-${String(a % 5)}`,
      nowMs: this.world.nowMs + this.world.wallAheadMs,
      dice,
    };
  }

  #uidOf(who: number, before = 0): string {
    return `uid-${String(who)}-${String((this.#lives[who] ?? 0) - before)}`;
  }

  readonly #happens: Readonly<Record<Event['what'], (drawn: Drawn, happened: Event) => void>> = {
    put: (drawn, { form, dice }) => {
      const object = gpuPodOf(drawn, form);
      if (dice[3] % 2 === 0 || !this.world.store.applyLocal(object)) this.world.store.put(object);
    },
    remove: ({ namespace, name }, { who }) => {
      this.world.store.removeKey(`${namespace}/${name}`);
      // A GpuPod that is created again has another UID.
      this.#lives[who] = (this.#lives[who] ?? 0) + 1;
    },
    list: ({ dice: [a, b, c] }, { dice }) => {
      const lister = LISTERS[a % LISTERS.length];
      const instances = [0, 1, 2, 3, 4].flatMap((pod) =>
        (b >> pod) % 2 === 0 ? [this.#snapshot(pod, dice)] : [],
      );
      const wallets = [[undefined], [undefined, 'team-x'], ['team-x'], []][c % 4] ?? [];
      if (lister !== undefined) this.world.list(lister, instances, wallets);
    },
    takeRetained: (drawn) => {
      const [a, b, c] = drawn.dice;
      const [own] = LISTERS;
      const podName = nameFor(drawn, drawn.uid, drawn.attempt);
      const owner = ownerFor({ kind: 'ClusterGpuAccount', name: 'ml' }, drawn.namespace);
      const entry = { podId: drawn.podId, podName, ...(a % 2 === 0 ? { usdPerHour: 3 } : {}) };
      const of = {
        ...(b % 2 === 0 ? { owner } : {}),
        ...(c % 2 === 0 ? { account: { userId: 'user-b' } } : {}),
      };
      if (own !== undefined) this.world.takeRetained(own, { ...entry, ...of });
    },
    markRetained: ({ podId }) => {
      this.world.markRetained(podId);
    },
    keep: ({ namespace, name, podId, dice }) => {
      const gpuPod = this.world.parsed(`${namespace}/${name}`);
      if (gpuPod !== undefined) this.world.keep(podId, gpuPod, dice[0] % 2 === 0 ? 'retained' : 'released');
    },
    ended: ({ podId }) => {
      this.world.ended(podId);
    },
    note: ({ namespace, name }) => {
      const gpuPod = this.world.parsed(`${namespace}/${name}`);
      if (gpuPod?.status.podId !== undefined) this.world.note(gpuPod);
    },
    reserve: (drawn) => {
      const [a, b] = drawn.dice;
      const owner = this.world.ownerIn(drawn.namespace, a % 2 === 0);
      const limits = b % 3 === 0 ? [] : this.world.limitsFor(drawn.namespace, b % 3 === 1);
      const [running, full] = this.world.reserve({ uid: drawn.uid, intent: intentFor(drawn), owner, limits });
      expect(running).toBe(full);
    },
    release: (drawn) => {
      const name = nameFor(drawn, drawn.uid, drawn.attempt);
      const key = `${drawn.namespace}/${drawn.name}`;
      const isCharged = drawn.dice[2] % 3 !== 0;
      const isRefused = !isCharged && drawn.dice[3] % 4 !== 0;
      // Mostly the intent that stands on the GpuPod, else another writing of it.
      const held = this.world.parsed(key);
      const found = held === undefined ? undefined : intentOf(held);
      const intent = found?.name === name ? found : intentFor(drawn);
      this.world.release({ name, isCharged, notCreated: isRefused ? { key, intent } : undefined });
    },
    settle: (drawn) => {
      this.world.settle(nameFor(drawn, drawn.uid, drawn.attempt));
    },
    wait: ({ dice: [a] }) => {
      this.world.nowMs += WAITS_MS[a % WAITS_MS.length] ?? 0;
    },
    setBack: ({ dice: [a] }) => {
      this.world.wallAheadMs -= WAITS_MS[a % WAITS_MS.length] ?? 0;
    },
    // Lists that prove what is absent by now. Before the first sum, nothing has seen the create intents.
    settleLists: ({ dice: [a] }) => {
      const [running, full] = this.world.answers();
      expect(running).toEqual(full);
      this.world.nowMs += [300_000, 150_000][a % 2] ?? 0;
      for (const lister of [...LISTERS, ...LISTERS, ...LISTERS]) {
        this.world.nowMs += 10_000;
        this.world.list(lister, [], [undefined, 'team-x']);
      }
    },
    hold: ({ dice: [a, b] }) => {
      const name = LISTERS[a % LISTERS.length]?.name ?? '';
      if (b % 2 === 0) this.world.held.add(name);
      else this.world.held.delete(name);
    },
    payer: ({ dice: [a, b, c] }) => {
      const account = LISTERS[a % LISTERS.length]?.name ?? '';
      const answer = {
        isForNamespace: b % 3 !== 0,
        allowPrepaid: c % 2 === 0,
        maxPrice: [undefined, 1_000_000, 2_000_000][c % 3],
        maxGpus: [undefined, 1][b % 2],
      };
      this.world.payers.set(account, answer);
    },
  };

  #snapshot(pod: number, dice: Event['dice']): InstanceSnapshot {
    const [, b, c, d] = dice;
    const who = (pod + d) % 6;
    const drawn = this.#draw({ who, dice });
    const name = [
      nameFor(drawn, this.#uidOf(who), 1 + (c % 2)),
      nameFor(drawn, this.#uidOf(who, 1), 1).slice(0, 43),
      undefined,
      'somebody-elses',
      foreignNameFor(drawn, this.#uidOf(who), 1 + (c % 2)),
    ][(c + pod) % 5];
    const { name: _name, ...nameless } = aSnapshot({ podId: `pod-${String(pod)}` });
    return {
      ...nameless,
      status: (b + pod) % 7 === 0 ? 'TERMINATED' : 'ACTIVE',
      ...(name === undefined ? {} : { name }),
      ...([{}, { priceUsdPerHour: 2.5 }, { priceUsdPerHour: 1.9 }][d % 3] ?? {}),
      ...([{}, { gpuCount: 1 }, { gpuCount: 8 }][c % 3] ?? {}),
      ...((d + pod) % 3 === 2 ? { teamId: 'team-x' } : {}),
    };
  }
}

it.each<{ name: string; everyNth: number }>([
  { name: 'after each event', everyNth: 1 },
  { name: 'after several events', everyNth: 5 },
  { name: 'after many events', everyNth: 20 },
])('the running sums are those of a pass over everything, $name', ({ everyNth }) => {
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 60 }),
      fc.option(fc.constant(1_900_000), { nil: undefined }),
      (events, assumedPrice) => {
        const run = new Run(assumedPrice);
        const answers = events.flatMap((happened, index) => {
          run.apply(happened);
          return index % everyNth === 0 ? [run.world.answers()] : [];
        });
        expect(answers.map(([running]) => running)).toEqual(answers.map(([, full]) => full));
      },
    ),
    { numRuns: 300 },
  );
});
