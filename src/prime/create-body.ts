import type { InstanceRequest } from '../lifecycle/instance-request.ts';
import { microsToUsd } from '../offers/money.ts';

/**
 * Body of `POST /api/v1/pods/`. The API answers an unknown key in `pod` with 422, and upstream providers treat null
 * and absent differently, so the body has only keys with a value.
 */
export interface CreateBody {
  readonly pod: {
    readonly name: string;
    readonly cloudId: string;
    readonly gpuType: string;
    readonly socket: string;
    readonly gpuCount: number;
    readonly diskSize?: number;
    readonly vcpus?: number;
    readonly memory?: number;
    /** USD per hour for the whole instance. Always sent and never 0, which the provider reads as "no cap". */
    readonly maxPrice: number;
    readonly image: string;
    readonly customTemplateId?: string;
    readonly dataCenterId?: string;
    readonly country?: string;
    readonly security: string;
    readonly envVars?: readonly { readonly key: string; readonly value: string }[];
    readonly jupyterPassword?: string;
    readonly sshKeyId?: string;
  };
  readonly provider: { readonly type: string };
  readonly disks?: readonly string[];
  readonly team?: { readonly teamId: string };
}

/** The image of a request with a template, in the provider's words. */
const TEMPLATE_IMAGE = 'custom_template';

/**
 * Writes the request as the provider's guide does. The offer's identity is copied verbatim, including data center,
 * country and security where it has them.
 */
export function createBody(request: InstanceRequest): CreateBody {
  const { name, offer, sizes, cap, image, customTemplateId, sshKeyId, diskIds, teamId, secrets } = request;
  const { envVars = [], jupyterPassword } = secrets ?? {};
  return {
    pod: {
      name,
      cloudId: offer.cloudId,
      gpuType: offer.gpuType,
      socket: offer.socket,
      gpuCount: offer.gpuCount,
      image: image ?? TEMPLATE_IMAGE,
      ...present({ customTemplateId }),
      ...present({ dataCenterId: offer.dataCenter }),
      ...present({ country: offer.country }),
      security: offer.security,
      ...sizes,
      maxPrice: microsToUsd(cap),
      ...present({ sshKeyId }),
      ...(envVars.length === 0 ? {} : { envVars }),
      ...present({ jupyterPassword }),
    },
    provider: { type: offer.provider },
    ...present({ disks: diskIds }),
    ...(teamId === undefined ? {} : { team: { teamId } }),
  };
}

/** Drops undefined values: the provider distinguishes an absent key from a null one. */
function present<T extends Record<string, unknown>>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> };
function present(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
