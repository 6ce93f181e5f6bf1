/**
 * Body of `POST /api/v1/pods/`. The API answers an unknown key in `pod` with 422, and upstream providers treat null
 * and absent differently, so the body has only keys with a value.
 */
export interface CreatePodRequest {
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
    readonly security?: string;
    readonly envVars?: readonly { readonly key: string; readonly value: string }[];
    readonly jupyterPassword?: string;
    readonly sshKeyId?: string;
  };
  readonly provider: { readonly type: string };
  readonly disks?: readonly string[];
  readonly team?: { readonly teamId: string };
}
