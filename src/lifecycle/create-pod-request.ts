/**
 * Body of `POST /api/v1/pods/`, with only the keys that are set: the `pod` object is closed (an unknown
 * key is a 422), and a null is not the same as an absent key for every upstream.
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
    /** USD per hour for the whole pod. Always sent, never 0: the provider reads 0 as "no cap". */
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
