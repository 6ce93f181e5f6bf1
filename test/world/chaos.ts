import { createRandomSource } from '../../src/simulator/world/random.ts';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { Fate, Mishap, Moment } from './boundary.ts';
import { CLUSTER_MISHAPS } from './cluster-faults.ts';
import { judgeEnd, surplusOf, TWO_SWEEPS_MS } from './oracles.ts';
import type { Expectation } from './oracles.ts';
import { attempt, FORCEFUL, GENTLE } from './people.ts';
import type { Doing } from './people.ts';
import { DONE_BUT_UNKNOWN, hiddenFor, LAGS_MS, NOT_DONE, READS, SINGLE_POD } from './provider-faults.ts';
import { isReady, SimulatedWorld, WorldFailure } from './simulated-world.ts';
import type { WorldOptions } from './simulated-world.ts';
import { settle } from './life.ts';

const MINUTE_MS = 60_000;
const SILENCE_MS = 11 * MINUTE_MS;
/** Three sweeps that show an orphan, and what comes before the first and after the last. */
const ORPHAN_MS = 25 * MINUTE_MS;

/** What befalls one world, drawn from its seed. */
export interface Plan {
  readonly seed: number;
  readonly faults: readonly (readonly [name: string, rule: FaultRuleInput])[];
  readonly mishaps: readonly (readonly [number: number, name: string, mishap: Mishap])[];
  readonly doings: readonly (readonly [number: number, name: string, doing: Doing])[];
  readonly watchDelayMs: number;
  readonly restartMs: number;
}

export interface ChaosResult {
  readonly violations: readonly string[];
  readonly plan: readonly string[];
  readonly trace: string;
}

/** How many calls of the first life things may happen at. */
const SPAN = 45;

/** Draws a plan; the same seed gives the same plan. */
export function drawPlan(seed: number): Plan {
  const random = createRandomSource(seed * 7919 + 13);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const pick = <T>(table: Readonly<Record<string, T>>): readonly [string, T] => {
    const entry = Object.entries(table)[below(Object.keys(table).length)];
    if (entry === undefined) throw new Error('an empty table');
    return entry;
  };
  const some = <T>(most: number, draw: () => T): readonly T[] =>
    Array.from({ length: below(most + 1) }, draw);
  const lag = LAGS_MS[below(LAGS_MS.length + 1)];
  const isForceful = random.next() < 0.2;
  return {
    seed,
    faults: [
      ...(lag === undefined ? [] : [[`hidden for ${lag} ms`, hiddenFor(lag)] as const]),
      ...some(1, () => pick({ ...DONE_BUT_UNKNOWN, ...NOT_DONE })),
      ...some(2, () => pick(READS)),
      ...some(1, () => pick(SINGLE_POD)),
    ],
    mishaps: [
      ...some(2, () => {
        const moment = (['before', 'sent', 'after'] as const satisfies readonly Moment[])[below(3)] ?? 'sent';
        return [6 + below(SPAN), `crash ${moment}`, { kind: 'crash', moment }] as const;
      }),
      ...some(3, () => [6 + below(SPAN), ...pick(CLUSTER_MISHAPS)] as const),
    ],
    doings: [
      ...some(2, () => [8 + below(SPAN), ...pick(GENTLE)] as const),
      ...(isForceful ? [[8 + below(SPAN), ...pick(FORCEFUL)] as const] : []),
    ],
    watchDelayMs: [5, 20, 500, 4_000][below(4)] ?? 20,
    restartMs: [1_000, 17_000, 60_000, 30 * MINUTE_MS][below(4)] ?? 17_000,
  };
}

export function describePlan(plan: Plan): readonly string[] {
  return [
    `seed ${plan.seed}, watch ${plan.watchDelayMs} ms late, restart after ${plan.restartMs} ms`,
    ...plan.faults.map(([name]) => `provider: ${name}`),
    ...plan.mishaps.map(([number, name]) => `call ${number}: ${name}`),
    ...plan.doings.map(([number, name]) => `call ${number}: ${name}`),
  ];
}

/** Lets a plan befall a world; afterwards all must be as if it had not. */
export async function runPlan(plan: Plan, options: WorldOptions = {}): Promise<ChaosResult> {
  const isForceful = plan.doings.some(([, name]) => Object.hasOwn(FORCEFUL, name));
  const world: SimulatedWorld = new SimulatedWorld({
    seed: plan.seed,
    watchDelayMs: plan.watchDelayMs,
    restartMs: plan.restartMs,
    fate: fateOf(plan, () => world),
    settings: { orphanPolicy: isForceful ? 'Terminate' : 'Report' },
    ...options,
  });
  for (const [, rule] of plan.faults) world.api.faults.add(rule);
  try {
    await liveThrough(world, isForceful, { surplusMs: allowedSurplusMs(plan) });
  } catch (error) {
    if (!(error instanceof WorldFailure)) throw error;
  }
  return { violations: world.books.violations, plan: describePlan(plan), trace: world.trace.text(3_000) };
}

async function liveThrough(world: SimulatedWorld, isForceful: boolean, expected: Expectation): Promise<void> {
  world.startOperator();
  await world.pass(1_000);
  // A plan may have made one already.
  attempt(world, () => world.apply());
  await world.until('all ready', () => allReady(world), 150 * MINUTE_MS);
  await world.until('plan over', () => world.counter.calls > SPAN + 10, 150 * MINUTE_MS);
  await world.until('all ready', () => allReady(world), 150 * MINUTE_MS);
  await settle(world, SILENCE_MS);
  await world.until('all ready', () => allReady(world), 150 * MINUTE_MS);
  if (isForceful) await world.until('orphans ended', () => surplusOf(world).length === 0, ORPHAN_MS);
  judgeEnd(world, expected);
  for (const { metadata } of world.objects()) {
    world.server.delete('gpupods', { namespace: metadata.namespace, name: metadata.name }, 'person');
  }
  await world.until('all gone', () => world.objects().length === 0, 150 * MINUTE_MS);
  await settle(world, SILENCE_MS);
  if (isForceful) await world.until('orphans ended', () => surplusOf(world).length === 0, ORPHAN_MS);
  judgeEnd(world, expected);
}

function allReady(world: SimulatedWorld): boolean {
  const objects = world.objects();
  return objects.length > 0 && objects.every(isReady);
}

/** A trace that is taken off while lists hide what was bought leaves nothing to go by but the sweeps. */
function allowedSurplusMs(plan: Plan): number {
  const isHidden = plan.faults.some(([name]) => name.startsWith('hidden'));
  const isStripped = plan.doings.some(([, name]) =>
    ['annotations stripped', 'replaced from its file'].includes(name),
  );
  return isHidden && isStripped ? TWO_SWEEPS_MS : 0;
}

function fateOf(plan: Plan, world: () => SimulatedWorld): Fate {
  return ({ number, to }) => [
    ...plan.doings
      .filter(([at]) => at === number)
      .map(([, name, doing]) => ({
        kind: 'meanwhile' as const,
        moment: 'sent' as const,
        act: () => {
          world().trace.add(world().time.nowMs, `*** ${name}`);
          attempt(world(), doing);
        },
      })),
    ...plan.mishaps
      .filter(([at, , mishap]) => at === number && ('moment' in mishap || to === 'cluster'))
      .map(([, , mishap]) => mishap),
  ];
}
