import { readFileSync } from 'node:fs';
import { Environment } from '@marcbachmann/cel-js';
import { parse } from 'yaml';
import * as z from 'zod';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { observedGenerationIn } from './objects.ts';

const Kustomization = z.object({
  apiVersion: z.literal('kustomize.toolkit.fluxcd.io/v1'),
  kind: z.literal('Kustomization'),
  spec: z.looseObject({
    prune: z.boolean(),
    wait: z.boolean(),
    timeout: z.string(),
    healthCheckExprs: z.array(
      z.strictObject({
        apiVersion: z.string(),
        kind: z.string(),
        inProgress: z.string(),
        failed: z.string(),
        current: z.string(),
      }),
    ),
  }),
});

export type HealthCheck = z.output<typeof Kustomization>['spec']['healthCheckExprs'][number];

/** The example of a Kustomization that a person copies. */
export function fluxKustomization(): z.output<typeof Kustomization> {
  return Kustomization.parse(parse(readFileSync('deploy/gitops/flux/gpupods.yaml', 'utf8')));
}

export function fluxHealthCheck(): HealthCheck {
  const [check, ...others] = fluxKustomization().spec.healthCheckExprs;
  if (check === undefined || others.length > 0) throw new Error('expected one health check');
  return check;
}

export type FluxStatus = 'InProgress' | 'Failed' | 'Current';

/**
 * The status that Flux computes: first the generation, then the expressions in this sequence, else in progress. An
 * expression that reads an absent field throws, as it fails in Flux.
 */
export function fluxStatusOf(check: HealthCheck, object: RawObject): FluxStatus {
  const observed = observedGenerationIn(object);
  if (observed !== undefined && observed !== object.metadata.generation) {
    return 'InProgress';
  }
  const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true });
  const sequence = [
    ['InProgress', check.inProgress],
    ['Failed', check.failed],
    ['Current', check.current],
  ] as const;
  const first = sequence.find(([, expression]) => isTrue(environment.evaluate(expression, object)));
  return first?.[0] ?? 'InProgress';
}

function isTrue(value: unknown): boolean {
  return z.boolean().parse(value);
}
