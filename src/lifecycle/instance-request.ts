import { CUSTOM_TEMPLATE_IMAGE, DEFAULT_IMAGE } from '../api/gpupod/spec.ts';
import type { GpuPodSpec } from '../api/gpupod/spec.ts';
import type { MicroUsd } from '../offers/money.ts';
import type { Offer, Sizes } from '../offers/offer.ts';
import type { Policy } from './settings.ts';
import { payingTeam } from './settings.ts';

/** The instance to rent. `prime/` knows how the provider wants to be asked for it. */
export interface InstanceRequest {
  readonly name: string;
  readonly offer: Pick<
    Offer,
    'cloudId' | 'gpuType' | 'gpuCount' | 'socket' | 'provider' | 'dataCenter' | 'country' | 'security'
  >;
  /** Sizes that differ from the offer's default: GB, and a number of vCPUs. */
  readonly sizes: Sizes['sent'];
  /** The most that the whole instance may cost, in micro-dollars per hour. Never 0. */
  readonly cap: MicroUsd;
  /** Name of an image of the provider; absent if a custom template is used. */
  readonly image?: string | undefined;
  readonly customTemplateId?: string | undefined;
  readonly sshKeyId?: string | undefined;
  readonly diskIds?: readonly string[] | undefined;
  /** The team that pays; absent: the personal wallet of the key's owner. */
  readonly teamId?: string | undefined;
  readonly secrets?: SecretValues | undefined;
}

/**
 * Variables in the order of the spec, and the Jupyter password. They join the request just before it is sent, so that
 * no other code holds a Secret's value.
 */
export interface SecretValues {
  readonly envVars: readonly { readonly key: string; readonly value: string }[];
  readonly jupyterPassword?: string;
}

interface RequestParts {
  readonly spec: GpuPodSpec;
  readonly policy: Pick<Policy, 'defaultTeamId'>;
  readonly offer: Offer;
  readonly sizes: Sizes;
  readonly name: string;
  readonly capSent: MicroUsd;
  /** Absent: the primary key of the account. */
  readonly sshKeyId?: string | undefined;
}

/** The request for an instance of this offer, without the values from Secrets. */
export function instanceRequest(parts: RequestParts): InstanceRequest {
  const { spec, policy, offer, sizes, name, capSent, sshKeyId } = parts;
  const { customTemplateId } = spec;
  return {
    name,
    offer,
    sizes: sizes.sent,
    cap: capSent,
    image: customTemplateId === undefined ? imageOf(spec) : undefined,
    customTemplateId,
    sshKeyId,
    diskIds: spec.disks,
    teamId: payingTeam(spec, policy),
  };
}

/** The image by the name that the provider's offers list it under. */
export function imageOf(spec: GpuPodSpec): string {
  return spec.customTemplateId === undefined ? (spec.image ?? DEFAULT_IMAGE) : CUSTOM_TEMPLATE_IMAGE;
}
