import { CUSTOM_TEMPLATE_IMAGE, DEFAULT_IMAGE } from '../api/gpupod/spec.ts';
import type { GpuPodSpec } from '../api/gpupod/spec.ts';
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
 * Builds the body of `POST /api/v1/pods/` without the values from Secrets, see {@link withSecretValues}.
 *
 * The offer's identity is copied verbatim, including data center, country and security where it has them. A size is
 * sent only where it differs from the offer's default.
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

/**
 * Variables in the order of the spec, and the Jupyter password. They join the body just before it is sent, so that no
 * other code holds a Secret's value.
 */
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

/** The image name in the create body. */
export function imageOf(spec: GpuPodSpec): string {
  return spec.customTemplateId === undefined ? (spec.image ?? DEFAULT_IMAGE) : CUSTOM_TEMPLATE_IMAGE;
}

/** Drops undefined values: the provider distinguishes an absent key from a null one. */
function present<T extends Record<string, unknown>>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> };
function present(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
