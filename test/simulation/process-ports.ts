import type { ConfigMapApi } from '../../src/controllers/gpupod/installation/installation.ts';
import type { GpuPodApi, SecretApi } from '../../src/controllers/gpupod/ports.ts';
import type { ServerCalls } from './permitted-calls.ts';
import { mergeData, optionalSecret, toSecret } from './stored-data.ts';
import { received } from './watched-view.ts';

/** Carries out a call of one process at the API server. */
export type CallCluster = <T>(label: string, act: (server: ServerCalls) => T) => Promise<T>;

/** What one process sends to the API server. */
export class ProcessPorts {
  readonly #name: string;
  readonly #call: CallCluster;

  constructor(name: string, call: CallCluster) {
    this.#name = name;
    this.#call = call;
  }

  gpuPods(): GpuPodApi {
    return {
      get: async (target) => await this.#call('GET gpupods', (server) => server.get('gpupods', target)),
      list: async (options) =>
        options === undefined
          ? await this.#call('LIST gpupods', (server) => server.list('gpupods'))
          : await this.#call('LIST gpupods of a namespace', (server) =>
              server.list('gpupods', options.namespace),
            ),
      patchMetadata: async (patch) => {
        const what = patch.metadata.annotations === undefined ? 'finalizers' : 'intent';
        return await this.#call(`PATCH gpupods ${what}`, (server) =>
          received('gpupods', server.patchMetadata(patch, this.#name)),
        );
      },
      replaceStatus: async (object) =>
        await this.#call('PUT gpupods/status', (server) =>
          received('gpupods', server.replaceStatus(object, this.#name)),
        ),
    };
  }

  secrets(): SecretApi {
    return {
      get: async (target) =>
        await this.#call('GET secrets', (server) => optionalSecret(server.get('secrets', target))),
      create: async (namespace, object) =>
        await this.#call('POST secrets', (server) =>
          toSecret(server.create('secrets', namespace, object, this.#name)),
        ),
      replace: async (object) =>
        await this.#call('PUT secrets', (server) =>
          toSecret(server.replace('secrets', { ...object }, this.#name)),
        ),
      delete: async (target, options) =>
        await this.#call('DELETE secrets', (server) =>
          server.delete('secrets', target, this.#name, options?.preconditions?.uid),
        ),
    };
  }

  /** The operator's own Secret, with its own labels. */
  keySecrets(): Pick<SecretApi, 'get' | 'create'> {
    return {
      get: async (target) =>
        await this.#call('GET own secret', (server) => optionalSecret(server.get('secrets', target))),
      create: async (namespace, object) =>
        await this.#call('POST own secret', (server) =>
          toSecret(server.create('secrets', namespace, object, this.#name)),
        ),
    };
  }

  configMaps(): ConfigMapApi {
    const target = 'configmaps';
    return {
      get: async (name) =>
        await this.#call(`GET ${target}`, (server) => optionalSecret(server.get(target, name))),
      create: async (namespace, object) =>
        await this.#call(`POST ${target}`, (server) =>
          toSecret(server.create(target, namespace, object, this.#name)),
        ),
      mergePatch: async (name, body) =>
        await this.#call(`PATCH ${target}`, (server) =>
          toSecret(server.edit(target, name, (held) => mergeData(held, body), this.#name)),
        ),
    };
  }
}
