import type {
  InstanceList,
  InstanceSnapshot,
  PodStatus,
  WalletList,
} from '../../../src/lifecycle/provider.ts';
import { namePrefixOf, parsePodName } from '../../../src/lifecycle/pod-name.ts';
import { KnownInstances } from '../../../src/accounts/instances/known-instances.ts';
import type { InventoryScope } from '../../../src/accounts/instances/known-instances.ts';
import { NamelessInstances } from '../../../src/accounts/instances/nameless-instances.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { aSnapshot, failure } from '../../support/builders/snapshots.ts';

export const QUIET_MS = 60_000;
/** The name of an instance of another GpuPod. */
export const OTHERS = intent({ uid: 'uid-2' }).name;

/** An instance as a list shows it that lacks the name. */
export function nameless(podId: string, status: PodStatus = 'ACTIVE'): InstanceSnapshot {
  const { name: _name, ...rest } = aSnapshot({ podId, status });
  return rest;
}

/** The list of one wallet; complete unless it has a failure. */
export function listOf(
  beganAtMs: number,
  instances: readonly InstanceSnapshot[],
  wallet: Partial<WalletList> = {},
): InstanceList {
  const podIds = instances.map(({ podId }) => podId);
  return { beganAtMs, instances, wallets: [{ wallet: undefined, podIds, unidentified: [], ...wallet }] };
}

/** What concerns the GpuPod of the builders, whose wallet and instance ID are unknown. */
export function scope(overrides: Partial<InventoryScope> = {}): InventoryScope {
  const parts = parsePodName(nameOfAttempt(1));
  const namePrefixes = new Set(parts === undefined ? [] : [namePrefixOf(parts)]);
  return { namePrefixes, podId: undefined, wallets: 'all', ...overrides };
}

/** The known instances of these teams. No GET answers. */
export function knownWith(
  teams: readonly string[] = [],
  bound: readonly string[] = [],
): { clock: VirtualClock; known: KnownInstances } {
  const clock = new VirtualClock();
  const names = new NamelessInstances({ getPod: async () => await Promise.resolve(failure()) });
  const isBound = (podId: string): boolean => bound.includes(podId);
  const known = new KnownInstances({ clock, teamIds: () => teams, isBound, quietFailureMs: QUIET_MS }, names);
  return { clock, known };
}
