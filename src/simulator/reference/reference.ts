import { controlEndpoints } from '../http/control-endpoints.ts';
import { effectSchema, faultRuleSchema } from '../faults/effect.ts';
import { podRuleSchema } from '../world/pod-rule.ts';
import { settingsSchema } from '../world/settings.ts';
import { ROUTES } from '../api/router.ts';
import { describedFields } from './described-fields.ts';
import type { DescribedField } from './described-fields.ts';

/** A kind of fault. */
export interface DescribedFault {
  readonly kind: string;
  readonly description: string;
  /** The fields beside `kind`. */
  readonly fields: readonly DescribedField[];
}

/**
 * Everything that people can set, do and request at the simulator, for `--help` and for
 * docs/reference/simulator.md.
 */
export interface SimulatorReference {
  readonly settings: readonly DescribedField[];
  readonly podRule: readonly DescribedField[];
  readonly faultRule: readonly DescribedField[];
  readonly faults: readonly DescribedFault[];
  readonly control: readonly { readonly method: string; readonly path: string; readonly does: string }[];
  readonly operations: readonly {
    readonly method: string;
    readonly path: string;
    readonly scope: string | null;
  }[];
}

export function simulatorReference(): SimulatorReference {
  return {
    settings: describedFields(settingsSchema),
    podRule: describedFields(podRuleSchema),
    faultRule: describedFields(faultRuleSchema),
    faults: effectSchema.options.map((option) => ({
      kind: option.shape.kind.value,
      description: option.description ?? '',
      fields: describedFields(option).filter(({ name }) => name !== 'kind'),
    })),
    control: controlEndpoints.map(({ method, path, does }) => ({ method, path, does })),
    operations: ROUTES.map(({ method, path, scope }) => ({ method, path: `/api/v1${path}`, scope })),
  };
}
