import { isDeepStrictEqual } from 'node:util';
import { ACCOUNT_PLURALS, API_VERSION, GROUP } from '../../api/common/names.ts';
import type { AccountKind } from '../../api/common/names.ts';
import type { GpuAccount } from '../../api/gpuaccount/gpu-account.ts';
import type { GpuAccountStatus } from '../../api/gpuaccount/status.ts';
import type { Clock } from '../../clock.ts';
import { recordAt } from '../../json.ts';
import { isConflict, isNotFound } from '../../kubernetes/client/api-errors.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { Log } from '../../kubernetes/log.ts';
import { droppedFields } from '../../lifecycle/status/dropped.ts';
import { rationWrite } from '../../lifecycle/status/write-ration.ts';
import type { WriteRation } from '../../lifecycle/status/write-ration.ts';
import type { Events } from '../gpupod/ports.ts';
import { readyOf } from './account-status.ts';

/** Where the status of accounts of one kind is written. */
interface WrittenKind {
  readonly view: { applyLocal(object: KubernetesObject): boolean };
  readonly api: { replaceStatus(object: KubernetesObject): Promise<KubernetesObject> };
}

export interface AccountStatusWriterOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Pick<Log, 'error' | 'warn'>;
  readonly events: Events;
  readonly kinds: { readonly [K in AccountKind]?: WrittenKind | undefined };
}

/** Instances and prices change with each GpuPod, and must not cost a write each. */
const USAGE_WRITE_MS = 10_000;
/** Events about cluster-scoped objects are in this namespace. */
const NAMESPACE_OF_CLUSTER_EVENTS = 'default';

/** The fields that say whose API key it is. The other fields are numbers and texts for people. */
const OWNER_FIELDS: ReadonlySet<string> = new Set(['userId', 'origin']);

function droppedText(kind: AccountKind, fields: readonly string[]): string {
  const names = fields.map((field) => `status.${field}`).join(', ');
  return `The installed CRD ${ACCOUNT_PLURALS[kind]}.${GROUP} drops ${names}.`;
}

/** What is left without what changes with each instance: numbers, and the message that names what holds a deleted account. */
function withoutUsage({
  instances: _instances,
  gpus: _gpus,
  pricePerHour: _price,
  displayPerHour: _display,
  namespaces: _namespaces,
  otherNamespaces: _others,
  conditions,
  ...news
}: GpuAccountStatus): object {
  const isDeleting = conditions?.some(({ reason }) => reason === 'Deleting') === true;
  return {
    ...news,
    conditions: isDeleting ? conditions.map(({ message: _message, ...condition }) => condition) : conditions,
  };
}

/** Writes the status of accounts where it says something new, and an event where its reason changes. */
export class AccountStatusWriter {
  readonly #options: AccountStatusWriterOptions;
  readonly #wroteAtMs = new Map<string, number>();
  readonly #rations = new Map<string, WriteRation>();
  /** What the API server dropped from the last write of an account, so that the write is not repeated endlessly. */
  readonly #lost = new Map<string, Partial<GpuAccountStatus>>();
  readonly #droppedByKind = new Map<AccountKind, readonly string[]>();

  constructor(options: AccountStatusWriterOptions) {
    this.#options = options;
  }

  /**
   * Why nothing new may be rented, and what to do; undefined while the CRDs keep who owns the API keys. Without the
   * recorded user, a key of somebody else would be accepted in silence.
   */
  get problem(): string | undefined {
    const [first] = this.#droppedByKind;
    return first === undefined
      ? undefined
      : `${droppedText(...first)} The operator rents nothing new. Apply the CRD of this version and restart the operator.`;
  }

  /** The CRDs are right now, so what they dropped before no longer counts. */
  forgetDropped(): void {
    this.#lost.clear();
    this.#droppedByKind.clear();
  }

  /** @returns `conflict` if somebody else changed the account in between */
  async write(key: string, account: GpuAccount, next: GpuAccountStatus): Promise<'done' | 'conflict'> {
    const stored = { ...account.status, ...this.#lost.get(key) };
    if (isDeepStrictEqual(next, stored) || !this.#isWriteDue(key, stored, next)) {
      return 'done';
    }
    try {
      await this.#replace(key, account, next);
    } catch (error) {
      if (isConflict(error)) {
        return 'conflict';
      }
      if (!isNotFound(error)) {
        throw error;
      }
    }
    return 'done';
  }

  /** The account no longer exists. */
  forget(key: string): void {
    this.#wroteAtMs.delete(key);
    this.#rations.delete(key);
    this.#lost.delete(key);
  }

  /** News is written at once, numbers that change with each GpuPod now and then. */
  #isWriteDue(key: string, before: GpuAccountStatus, next: GpuAccountStatus): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    if (isDeepStrictEqual(withoutUsage(before), withoutUsage(next))) {
      return nowMs - (this.#wroteAtMs.get(key) ?? -Infinity) >= USAGE_WRITE_MS;
    }
    const rationed = rationWrite(this.#rations.get(key), nowMs);
    this.#rations.set(key, rationed.ration);
    if (rationed.kind === 'wait' && rationed.isNews) {
      this.#options.log.warn(
        { account: key },
        'status of an account keeps changing, so it is written only every 20 s; check that no other installation serves this account',
      );
    }
    return rationed.kind === 'write';
  }

  async #replace(key: string, account: GpuAccount, status: GpuAccountStatus): Promise<void> {
    const { clock, kinds } = this.#options;
    const { name, namespace, uid, resourceVersion } = account.metadata;
    const of = kinds[account.kind];
    const written = await of?.api.replaceStatus({
      apiVersion: API_VERSION,
      kind: account.kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion },
      ...{ status },
    });
    if (written !== undefined) {
      of?.view.applyLocal(written);
      this.#wroteAtMs.set(key, clock.monotonicMs());
      this.#noteLost(key, account, droppedFields(status, recordAt(written, 'status')));
      this.#recordChange(account, status);
    }
  }

  #noteLost(key: string, { kind, metadata }: GpuAccount, lost: Partial<GpuAccountStatus>): void {
    this.#lost.set(key, lost);
    const fields = Object.keys(lost)
      .filter((field) => OWNER_FIELDS.has(field))
      .toSorted();
    if (fields.length === 0 || this.#droppedByKind.has(kind)) {
      return;
    }
    this.#droppedByKind.set(kind, fields);
    this.#options.log.error(
      { account: key, fields },
      'the CRD drops fields of the status of an account; nothing new is rented until you apply the CRD of this version',
    );
    const { name, uid, namespace = NAMESPACE_OF_CLUSTER_EVENTS } = metadata;
    this.#options.events.record(
      { apiVersion: API_VERSION, kind, namespace, name, uid },
      {
        type: 'Warning',
        reason: 'CrdOutdated',
        message: `${droppedText(kind, fields)} The operator rents nothing new. Apply the CRD of this version.`,
      },
    );
  }

  #recordChange({ kind, metadata, status: before }: GpuAccount, status: GpuAccountStatus): void {
    const ready = readyOf(status);
    if (ready === undefined || ready.reason === readyOf(before)?.reason || ready.reason === 'Checking') {
      return;
    }
    const { name, uid, namespace = NAMESPACE_OF_CLUSTER_EVENTS } = metadata;
    this.#options.events.record(
      { apiVersion: API_VERSION, kind, namespace, name, uid },
      {
        type: ready.status === 'True' ? 'Normal' : 'Warning',
        reason: ready.reason,
        message: ready.message,
      },
    );
  }
}
