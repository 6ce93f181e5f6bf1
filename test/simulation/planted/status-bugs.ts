import type { Condition, GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import type { Step } from '../../../src/lifecycle/step.ts';
import type { Plant } from '../operator-process.ts';
import { atProvider } from './planted-bug.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Bugs in what the status says. */
export const STATUS_BUGS: readonly PlantedBug[] = [
  {
    name: 'writes a message with a time in it',
    plant: () => ({ plan: (real) => (known) => timed(real(known), known.now.monotonicMs) }),
    scenario: 'a calm life',
    oracles: ['settles'],
  },
  {
    name: 'adds Stalled and keeps Reconciling',
    plant: () => onStatus((status) => withCondition(status, 'Reconciling', 'Stalled')),
    scenario: 'a calm life',
    oracles: ['status-rules'],
  },
  {
    name: 'leaves Ready out until the instance is ready',
    plant: () =>
      onStatus((status) =>
        status.readyAt === undefined
          ? { ...status, conditions: (status.conditions ?? []).filter(({ type }) => type !== 'Ready') }
          : status,
      ),
    scenario: 'a calm life',
    oracles: ['status-rules'],
  },
  {
    name: 'counts writes in observedGeneration',
    plant: () => onStatus((status) => ({ ...status, observedGeneration: status.observedGeneration + 1 })),
    scenario: 'a calm life',
    oracles: ['status-rules'],
  },
  {
    name: 'repeats in an error what was sent',
    plant: () =>
      atProvider((real) => ({
        createPod: async (request, options) => {
          const outcome = await real.createPod(request, options);
          const sent = JSON.stringify(request.secrets?.envVars);
          return outcome.kind === 'created' ? outcome : { ...outcome, message: `${outcome.message} ${sent}` };
        },
      })),
    scenario: 'the create request is answered 500 and carried out, lists hide the instance for 80 s',
    oracles: ['secrets'],
  },
];

function onStatus(change: (status: GpuPodStatus) => GpuPodStatus): Plant {
  return { plan: (real) => (known) => mapStatus(real(known), change) };
}

function mapStatus(step: Step, change: (status: GpuPodStatus) => GpuPodStatus): Step {
  if (step.kind === 'rest') return { ...step, status: change(step.status) };
  const { effect } = step;
  return effect.type === 'writeStatus'
    ? { ...step, effect: { ...effect, status: change(effect.status) } }
    : step;
}

/** One more condition, with the texts of another. */
function withCondition(status: GpuPodStatus, like: Condition['type'], type: Condition['type']): GpuPodStatus {
  const { conditions = [] } = status;
  const model = conditions.find((condition) => condition.type === like);
  return model === undefined ? status : { ...status, conditions: [...conditions, { ...model, type }] };
}

/** Changes the message every ten seconds. */
function timed(step: Step, nowMs: number): Step {
  if (step.kind !== 'rest') return step;
  const stamp = ` (${String(Math.floor(nowMs / 10_000))})`;
  const { status } = mapRest(step, stamp);
  return { ...step, status, requeueAfterMs: 10_000 };
}

function mapRest(step: Extract<Step, { kind: 'rest' }>, stamp: string): { readonly status: GpuPodStatus } {
  const conditions = (step.status.conditions ?? []).map((condition) => ({
    ...condition,
    message: `${condition.message.replace(/ \(\d+\)$/, '')}${stamp}`.slice(0, 300),
  }));
  return { status: { ...step.status, conditions } };
}
