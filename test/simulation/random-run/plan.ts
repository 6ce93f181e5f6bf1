import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import { ANYTIME, DESTRUCTIVE, HARMLESS, ODD } from '../people.ts';
import type { Action } from '../people.ts';
import { DONE_BUT_UNKNOWN, LAGS_MS, NOT_DONE, READS, SINGLE_POD } from '../provider-faults.ts';
import { ATTENDED } from './attendant.ts';
import { drawsOf } from './draws.ts';
import type { Draws } from './draws.ts';
import { endOf, isRented, KINDS, kindOf } from './kinds.ts';
import type { Kind, KindName, RunFlags } from './kinds.ts';
import { withoutMoney } from './market.ts';
import { CALL_FAULT_NAMES, drawCallFaults } from './planned-fault.ts';
import type { PlannedFault } from './planned-fault.ts';

export interface Life {
  readonly name: string;
  readonly kind: KindName;
  /** When it is applied, from the start of its wave. */
  readonly atMs: number;
}

/** Lives that are applied and deleted together. */
export interface Wave {
  readonly lives: readonly Life[];
  readonly coming: readonly PlannedFault[];
  readonly going: readonly PlannedFault[];
}

/** The plan of one random run, drawn from its seed. */
export interface RunPlan {
  readonly seed: number;
  readonly waves: readonly Wave[];
  /** How long lists hide a new instance. */
  readonly lagMs: number;
  readonly watchDelayMs: number;
  readonly restartMs: number;
  readonly isForceful: boolean;
  readonly installingMs: number;
  /** So many foreign instances that lists have a second page. */
  readonly isCrowded: boolean;
  /** Fields of a status that the installed CRD drops, until a person applies the current one. */
  readonly prunedFields: readonly string[];
  readonly flags: RunFlags;
}

export interface RunSize {
  readonly waves: number;
  readonly livesPerWave: number;
  /** Whether some lives have a lifetime. Seeds that were found before that need false. @default true */
  readonly hasLimits?: boolean;
}

/** Draws a plan. The same seed and size give the same plan. */
export function drawRun(seed: number, { hasLimits = true, ...size }: RunSize): RunPlan {
  const plan = drawWithoutLimits(seed, size);
  const limits = drawsOf(seed + LIMITS_STREAM);
  return hasLimits ? { ...plan, waves: plan.waves.map((wave) => withLimits(limits, wave)) } : plan;
}

/** Far from the seeds that are run, so that limits are drawn independently of everything else. */
const LIMITS_STREAM = 1_000_000_007;
/** One in so many plain lives has a lifetime. */
const LIMITED = 5;

/** Gives some plain lives, which nobody edits, a lifetime that ends during the run. */
function withLimits({ below }: Draws, wave: Wave): Wave {
  const edited = new Set(
    [...wave.coming, ...wave.going].flatMap((fault) => (fault.what === 'action' ? [fault.target] : [])),
  );
  const lives = wave.lives.map((life): Life => {
    const isDrawn = below(LIMITED) === 0 && life.kind === 'plain' && !edited.has(life.name);
    return isDrawn ? { ...life, kind: 'with a lifetime' } : life;
  });
  return { ...wave, lives };
}

function drawWithoutLimits(seed: number, { waves, livesPerWave }: Omit<RunSize, 'hasLimits'>): RunPlan {
  const { below, pick } = drawsOf(seed);
  const isForceful = below(5) === 0;
  const flags = drawFlags({ below, pick });
  return {
    seed,
    flags,
    lagMs: pick([0, 0, ...LAGS_MS]),
    watchDelayMs: pick([5, 20, 500, 4_000]),
    restartMs: pick([1_000, 17_000, 60_000, 30 * 60_000]),
    installingMs: pick([0, 10_000]),
    isForceful,
    isCrowded: below(6) === 0,
    prunedFields: pick([[], [], [], [], [], [], ...OUTDATED]),
    waves: Array.from({ length: waves }, (_, index) =>
      drawWave({ below, pick }, index, { livesPerWave, isForceful, flags }),
    ),
  };
}

/** Fields that an older CRD may lack. */
const OUTDATED: readonly (readonly string[])[] = [
  ['hint', 'rejections', 'ports', 'activeAt', 'createdAt'],
  ['failedAttempts'],
  ['readyAt', 'searchStartedAt'],
];
const CEILING_USD = 3.3;
/** More than all lives of a wave cost, except for the one that is meant to exceed it. */
const TOTAL_USD = 400;

function drawFlags({ below, pick }: Draws): RunFlags {
  const flags = { requireMaxPrice: below(2) === 0 };
  return pick<RunFlags>([
    flags,
    { ...flags, ceilingUsdPerHour: CEILING_USD },
    { ...flags, totalUsdPerHour: TOTAL_USD },
    { ...flags, ceilingUsdPerHour: CEILING_USD, totalUsdPerHour: TOTAL_USD },
  ]);
}

/** About how many calls a life makes. Faults are spread over them. */
const CALLS_PER_LIFE = { coming: 8, going: 4 };

interface WaveTraits {
  readonly livesPerWave: number;
  readonly isForceful: boolean;
  readonly flags: RunFlags;
}

function drawWave(
  { below, pick }: Draws,
  index: number,
  { livesPerWave, isForceful, flags }: WaveTraits,
): Wave {
  const lives = Array.from({ length: livesPerWave }, (_, number) => ({
    name: `life-${index + 1}-${number + 1}`,
    kind: pick(KIND_NAMES),
    atMs: below(20_000),
  }));
  const targets = lives.filter(({ kind }) => isTarget(kind, flags)).map(({ name }) => name);
  const faults = faultsFor(lives);
  const draw = (calls: number, actions: Table<Action>): readonly PlannedFault[] =>
    drawFaults({ below, pick }, { calls, targets, actions, faults, share: livesPerWave / 25 });
  const coming = { ...HARMLESS, ...ODD, ...(isForceful ? DESTRUCTIVE : {}) };
  return {
    lives,
    coming: draw(livesPerWave * CALLS_PER_LIFE.coming + 30, coming),
    going: draw(livesPerWave * CALLS_PER_LIFE.going + 15, ANYTIME),
  };
}

/** People leave the other kinds alone, because their actions would change the final state. */
function isTarget(kind: KindName, flags: RunFlags): boolean {
  const isPlain = kindOf(kind).isSpared !== true;
  return isPlain && (isRented(kind, flags) || endOf(kind, flags).stalled === 'AttemptsExhausted');
}

/** Without lists only GET can find the instance, so a wrong 404 would be believed. */
function faultsFor(lives: readonly Life[]): Stage['faults'] {
  const hasUnseen = lives.some(({ kind }) => kind === 'of a team that no list shows');
  return hasUnseen ? PROVIDER_FAULTS.filter(([name]) => name !== 'get 404') : PROVIDER_FAULTS;
}

type Table<T> = Readonly<Record<string, T>>;

interface Stage {
  readonly calls: number;
  readonly targets: readonly string[];
  readonly actions: Table<Action>;
  readonly faults: readonly (readonly [string, FaultRuleInput])[];
  /** Per wave of 25 lives. */
  readonly share: number;
}

function drawFaults(
  draws: Draws,
  { calls, targets, actions, faults, share }: Stage,
): readonly PlannedFault[] {
  const { below, pick } = draws;
  const most = (count: number): number => below(Math.ceil(count * share) + 1);
  const some = (count: number, draw: () => PlannedFault): readonly PlannedFault[] =>
    Array.from({ length: most(count) }, draw);
  return [
    ...some(8, () => {
      const [name, rule] = pick(faults);
      const isRead = rule.method === 'GET';
      return { what: 'provider', name, rule: { ...rule, after: below((isRead ? 15 : 20) * share) } };
    }),
    ...some(1, () => ({
      what: 'provider',
      name: TEAM_WITHOUT_MONEY,
      rule: withoutMoney(pick([60_000, 8 * 60_000, 20 * 60_000])),
    })),
    ...drawCallFaults(draws, { calls, crashes: 3, some }),
    ...(targets.length === 0
      ? []
      : some(8, () => {
          const [name, action] = pick(Object.entries(actions));
          return { what: 'action', name, at: below(calls), action, target: pick(targets) };
        })),
  ];
}

export const TEAM_WITHOUT_MONEY = 'a team has no money';
const PROVIDER_FAULTS = Object.entries({ ...DONE_BUT_UNKNOWN, ...NOT_DONE, ...READS, ...SINGLE_POD });
const KIND_NAMES = (Object.entries(KINDS) as readonly (readonly [KindName, Kind])[]).flatMap(
  ([name, { weight }]) => Array.from({ length: weight }, () => name),
);

/** The names of all faults that a plan may contain, to check that each occurred. */
export function faultNames(): readonly string[] {
  return [
    ...PROVIDER_FAULTS.map(([name]) => name),
    TEAM_WITHOUT_MONEY,
    ...ATTENDED,
    ...CALL_FAULT_NAMES,
    ...Object.keys({ ...HARMLESS, ...ODD, ...DESTRUCTIVE }),
  ];
}

/** The same lives, with the same faults in another sequence. */
export function mirrored(plan: RunPlan): RunPlan {
  return {
    ...plan,
    seed: plan.seed + 1,
    waves: plan.waves.map(({ lives, coming, going }) => ({
      lives,
      coming: inverted(coming, lives.length * CALLS_PER_LIFE.coming),
      going: inverted(going, lives.length * CALLS_PER_LIFE.going),
    })),
  };
}

function inverted(plannedFaults: readonly PlannedFault[], calls: number): readonly PlannedFault[] {
  return plannedFaults.map((plannedFault) =>
    plannedFault.what === 'provider'
      ? plannedFault
      : { ...plannedFault, at: Math.abs(calls - plannedFault.at) },
  );
}

export function describeRun({ seed, waves, ...plan }: RunPlan): readonly string[] {
  const stages = waves.flatMap(({ coming, going }, index) => [
    ...coming.map((plannedFault) => `wave ${index + 1} coming: ${describeFault(plannedFault)}`),
    ...going.map((plannedFault) => `wave ${index + 1} going: ${describeFault(plannedFault)}`),
  ]);
  return [`seed ${seed} ${JSON.stringify(plan)}`, ...stages];
}

export function describeFault(plannedFault: PlannedFault): string {
  switch (plannedFault.what) {
    case 'provider':
      return `provider ${plannedFault.name}, after ${plannedFault.rule.after ?? 0}`;
    case 'call':
      return `call ${plannedFault.at}: ${plannedFault.name}`;
    case 'action':
      return `call ${plannedFault.at}: ${plannedFault.name} (${plannedFault.target})`;
  }
}
