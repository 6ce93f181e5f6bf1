import { CUSTOM_TEMPLATE_IMAGE, DEFAULT_IMAGE } from '../api/spec.ts';
import type { GpuPodSpec } from '../api/spec.ts';
import { microsToUsd } from '../offers/money.ts';
import type { MicroUsd } from '../offers/money.ts';
import type { Offer, Sizes } from '../offers/offer.ts';
import type { CreatePodRequest } from './create-pod-request.ts';
import type { Policy } from './settings.ts';

interface RequestParts {
  readonly spec: GpuPodSpec;
  readonly policy: Pick<Policy, 'defaultTeamId' | 'defaultSshKeyId'>;
  readonly offer: Offer;
  readonly sizes: Sizes;
  readonly name: string;
  readonly capSent: MicroUsd;
}

/**
 * The create-pod body of the provider's guide: what identifies the offer is copied from it, place and
 * security included whenever it has them; only sizes that differ from the default are sent. Values from
 * Secrets are not in it, see {@link withSecretValues}.
 */
export function buildCreatePodRequest(parts: RequestParts): CreatePodRequest {
  const { spec, policy, offer, sizes, name, capSent } = parts;
  const teamId = spec.teamId ?? policy.defaultTeamId;
  const sshKeyId = spec.sshKeyId ?? policy.defaultSshKeyId;
  return {
    pod: {
      name,
      cloudId: offer.cloudId,
      gpuType: offer.gpuType,
      socket: offer.socket,
      gpuCount: offer.gpuCount,
      image: imageOf(spec),
      ...present({ customTemplateId: spec.customTemplateId }),
      ...present({ dataCenterId: offer.dataCenter }),
      ...present({ country: offer.country }),
      security: offer.security,
      ...sizes.sent,
      maxPrice: microsToUsd(capSent),
      ...present({ sshKeyId }),
    },
    provider: { type: offer.provider },
    ...present({ disks: spec.disks }),
    ...(teamId === undefined ? {} : { team: { teamId } }),
  };
}

/** What comes from Secrets (and the other variables, in the order of the spec), put in at the last moment. */
export interface SecretValues {
  readonly envVars: readonly { readonly key: string; readonly value: string }[];
  readonly jupyterPassword?: string;
}

export function withSecretValues(request: CreatePodRequest, values: SecretValues): CreatePodRequest {
  return {
    ...request,
    pod: {
      ...request.pod,
      ...(values.envVars.length === 0 ? {} : { envVars: values.envVars }),
      ...present({ jupyterPassword: values.jupyterPassword }),
    },
  };
}

/** The image as it goes into the body. */
export function imageOf(spec: GpuPodSpec): string {
  return spec.customTemplateId === undefined ? (spec.image ?? DEFAULT_IMAGE) : CUSTOM_TEMPLATE_IMAGE;
}

/** The object without its keys whose value is undefined. */
function present<T extends Record<string, unknown>>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> };
function present(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
