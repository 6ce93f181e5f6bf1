import { isNotFound } from '../../../kubernetes/client/api-errors.ts';
import { numberAt, parseJson, recordAt, stringAt } from '../../../json.ts';
import { readReference } from '../../../accounts/sums/stated.ts';
import type { AccountIdentity, AccountReference } from '../../../lifecycle/account-identity.ts';
import { isSameAttempt, prefixOfName } from '../../../lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../../../lifecycle/provider.ts';
import type { InstanceLeft } from '../../../lifecycle/step.ts';
import type { ConfigMapApi } from '../installation/installation.ts';

const NAME = 'gpupod-operator-retained';

/** An instance that a user retained with `deletionPolicy: Retain`. */
export interface RetainedInstance extends InstanceLeft {
  readonly gpuPod: string;
  readonly retainedAt: string;
  /** The account that pays for it. `teamId` names the team, unless the key's own wallet pays. */
  readonly account?: AccountIdentity;
  readonly teamId?: string;
  readonly usdPerHour?: number;
  readonly gpuCount?: number;
  /** The GpuAccount or ClusterGpuAccount that pays; absent: the operator's own key, or recorded by an earlier version. */
  readonly payer?: AccountReference;
}

/**
 * Instances that outlive their GpuPod because of `deletionPolicy: Retain`, in a ConfigMap. The orphan sweep must know
 * them.
 */
export class RetainedInstances {
  readonly #configMaps: ConfigMapApi;
  readonly #namespace: string;

  constructor(configMaps: ConfigMapApi, namespace: string) {
    this.#configMaps = configMaps;
    this.#namespace = namespace;
  }

  async add(instance: RetainedInstance): Promise<void> {
    const data = { [keyOf(instance.podId)]: JSON.stringify(instance) };
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

  /** Removes an instance that is proven terminated. */
  async remove(podId: string): Promise<void> {
    const data = { [keyOf(podId)]: null };
    await this.#configMaps.mergePatch({ namespace: this.#namespace, name: NAME }, { data });
  }

  /** Reads all readable entries, live. */
  async list(): Promise<readonly RetainedInstance[]> {
    return entriesOf(await this.#read());
  }

  /**
   * Whether this very instance is retained, by its ID, or by name prefix and attempt. An entry with another prefix
   * does not count. Reads live.
   */
  async has(instance: Pick<InstanceSnapshot, 'podId' | 'name' | 'userId'>): Promise<boolean> {
    const kept = entriesOf(await this.#read()).filter((entry) => isPaidBySame(entry, instance));
    return kept.some(
      ({ podId, podName }) =>
        isSameAttempt(podName, instance.name) ||
        (podId === instance.podId && hasSamePrefix(podName, instance.name)),
    );
  }

  /** Whether any instance with this name prefix is retained. Reads live. */
  async hasOfPrefix(namePrefix: string): Promise<boolean> {
    return entriesOf(await this.#read()).some(({ podName }) => prefixOfName(podName) === namePrefix);
  }

  async #read(): Promise<Readonly<Record<string, string>>> {
    const record = await this.#configMaps.get({ namespace: this.#namespace, name: NAME });
    return record?.data ?? {};
  }
}

function hasSamePrefix(a: string, b: string | undefined): boolean {
  const namePrefix = prefixOfName(a);
  return namePrefix !== undefined && namePrefix === prefixOfName(b);
}

/** An entry does not cover an instance that another user pays for. */
function isPaidBySame({ account }: RetainedInstance, { userId }: Pick<InstanceSnapshot, 'userId'>): boolean {
  return account === undefined || userId === undefined || account.userId === userId;
}

/** An entry under a key that is not its own does not count, because it could not be removed either. */
function entriesOf(record: Readonly<Record<string, string>>): readonly RetainedInstance[] {
  return Object.entries(record).flatMap(([key, text]) => {
    const entry = readEntry(text);
    return entry !== undefined && keyOf(entry.podId) === key ? [entry] : [];
  });
}

/** @returns undefined for an entry that somebody damaged */
function readEntry(text: string): RetainedInstance | undefined {
  const entry = parseJson(text);
  const podId = stringAt(entry, 'podId');
  const podName = stringAt(entry, 'podName');
  if (podId === undefined || podName === undefined) {
    return undefined;
  }
  const account = recordAt(entry, 'account');
  const [origin, userId] = [stringAt(account, 'origin'), stringAt(account, 'userId')];
  const teamId = stringAt(entry, 'teamId');
  const usdPerHour = numberAt(entry, 'usdPerHour');
  return {
    podId,
    podName,
    gpuPod: stringAt(entry, 'gpuPod') ?? '',
    retainedAt: stringAt(entry, 'retainedAt') ?? '',
    ...(userId === undefined ? {} : { account: { origin, userId } }),
    ...(teamId === undefined ? {} : { teamId }),
    ...(usdPerHour === undefined ? {} : { usdPerHour }),
    ...readOwner(entry),
  };
}

function readOwner(entry: unknown): Pick<RetainedInstance, 'gpuCount' | 'payer'> {
  const gpuCount = numberAt(entry, 'gpuCount');
  const payer = readReference(recordAt(entry, 'payer'));
  return {
    ...(gpuCount === undefined ? {} : { gpuCount }),
    ...(payer === undefined ? {} : { payer }),
  };
}

/** A ConfigMap key may hold letters, digits, `-`, `_` and `.`; instance IDs are opaque. */
function keyOf(podId: string): string {
  return /^[A-Za-z0-9_-]+$/.test(podId) ? podId : `.${Buffer.from(podId).toString('base64url')}`;
}
