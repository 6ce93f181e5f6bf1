import { clampToDeadlines } from '../../../src/lifecycle/deadlines.ts';
import { firstStep, INSTANCE_RULES, SEARCH_RULES } from '../../../src/lifecycle/next-step.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import { rentFromOffers } from '../../../src/lifecycle/rules/rent.ts';
import type { Step } from '../../../src/lifecycle/step.ts';

/** The step of the rules about an instance, as {@link nextStep} returns it. */
export function followInstance(observation: Observation): Step | undefined {
  const step = firstStep(INSTANCE_RULES, observation);
  return step === undefined ? undefined : clampToDeadlines(observation, step);
}

/** The step of a GpuPod that may rent and has no instance. */
export function rent(observation: Observation): Step {
  return clampToDeadlines(observation, firstStep(SEARCH_RULES, observation) ?? rentFromOffers(observation));
}
