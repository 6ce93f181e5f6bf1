import { parseJson } from '../api/parse-json.ts';
import { isNotFound } from '../kubernetes/api-errors.ts';
import { stringAt } from '../kubernetes/json.ts';
import { frontOf, parsePodName, sameName } from '../lifecycle/pod-name.ts';
import type { PodLook } from '../lifecycle/provider.ts';
import type { PodLeft } from '../lifecycle/step.ts';
import type { ConfigMapApi } from './installation.ts';

const NAME = 'gpupod-operator-retained';

/** A pod that was left running on purpose. */
export interface RetainedPod extends PodLeft {
  readonly gpuPod: string;
  readonly retainedAt: string;
}

/**
 * Pods that outlive their GpuPod because of `deletionPolicy: Retain`, in a ConfigMap: the orphan sweep must
 * know them.
 */
export class RetainedPods {
  readonly #configMaps: ConfigMapApi;
  readonly #namespace: string;

  constructor(configMaps: ConfigMapApi, namespace: string) {
    this.#configMaps = configMaps;
    this.#namespace = namespace;
  }

  async add(pod: RetainedPod): Promise<void> {
    const data = { [keyOf(pod.podId)]: JSON.stringify(pod) };
    try {
      await this.#configMaps.mergePatch({ namespace: this.#namespace, name: NAME }, { data });
    } catch (error) {
      if (!isNotFound(error)) {
        throw error;
      }
      await this.#configMaps.create(this.#namespace, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: NAME, annotations: { 'helm.sh/resource-policy': 'keep' } },
        data,
      });
    }
  }

  /** Whether this very instance was left running on purpose: an entry of another name hides nothing. A live read. */
  async has({ podId, name }: Pick<PodLook, 'podId' | 'name'>): Promise<boolean> {
    const entry = (await this.#read())[keyOf(podId)];
    const [kept, said] = [parsePodName(stringAt(parseJson(entry ?? ''), 'podName')), parsePodName(name)];
    return kept !== undefined && said !== undefined && frontOf(kept) === frontOf(said);
  }

  /** The same, for a pod of which only the name is known. */
  async hasNamed(podName: string): Promise<boolean> {
    const entries = Object.values(await this.#read()).map((entry) => parseJson(entry));
    return entries.some((entry) => sameName(stringAt(entry, 'podName'), podName));
  }

  async #read(): Promise<Readonly<Record<string, string>>> {
    const record = await this.#configMaps.get({ namespace: this.#namespace, name: NAME });
    return record?.data ?? {};
  }
}

/** A key of a ConfigMap may hold letters, digits, `-`, `_` and `.`; ids of pods are opaque. */
function keyOf(podId: string): string {
  return /^[A-Za-z0-9_-]+$/.test(podId) ? podId : `.${Buffer.from(podId).toString('base64url')}`;
}
