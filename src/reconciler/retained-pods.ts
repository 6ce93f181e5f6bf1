import { parseJson } from '../api/parse-json.ts';
import { isNotFound } from '../kubernetes/api-errors.ts';
import { stringAt } from '../kubernetes/json.ts';
import { frontOf, isSameAttempt, parsePodName } from '../lifecycle/pod-name.ts';
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

  /**
   * Whether this very instance was left running on purpose: by its id, or by prefix and attempt. An entry of another
   * prefix hides nothing. A live read.
   */
  async has({ podId, name }: Pick<PodLook, 'podId' | 'name'>): Promise<boolean> {
    const record = await this.#read();
    const entry = stringAt(parseJson(record[keyOf(podId)] ?? ''), 'podName');
    return hasSameFront(entry, name) || namesIn(record).some((kept) => isSameAttempt(kept, name));
  }

  /** Whether any instance with this name prefix was left running on purpose; a live read. */
  async hasOfPrefix(front: string): Promise<boolean> {
    const parts = namesIn(await this.#read()).map((name) => parsePodName(name));
    return parts.some((kept) => kept !== undefined && frontOf(kept) === front);
  }

  async #read(): Promise<Readonly<Record<string, string>>> {
    const record = await this.#configMaps.get({ namespace: this.#namespace, name: NAME });
    return record?.data ?? {};
  }
}

function hasSameFront(a: string | undefined, b: string | undefined): boolean {
  const [one, other] = [parsePodName(a), parsePodName(b)];
  return one !== undefined && other !== undefined && frontOf(one) === frontOf(other);
}

/** Somebody may have spoiled an entry. */
function namesIn(record: Readonly<Record<string, string>>): readonly string[] {
  const names = Object.values(record).map((entry) => stringAt(parseJson(entry), 'podName'));
  return names.filter((name) => name !== undefined);
}

/** A key of a ConfigMap may hold letters, digits, `-`, `_` and `.`; ids of pods are opaque. */
function keyOf(podId: string): string {
  return /^[A-Za-z0-9_-]+$/.test(podId) ? podId : `.${Buffer.from(podId).toString('base64url')}`;
}
