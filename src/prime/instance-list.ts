import type {
  Answer,
  TerminatingCount,
  InstanceList,
  InstanceSnapshot,
  Wallet,
  WalletList,
} from '../lifecycle/provider.ts';
import { joinRows } from '../lifecycle/same-instance.ts';
import type { HttpClient } from './http-client.ts';
import type { CollectedInstances } from './page-collector.ts';
import { collectInstances } from './list-pages.ts';

/**
 * The live instances of some wallets. Each wallet is listed on its own and all at the same time, so that one
 * that fails or hangs does not affect the others.
 *
 * The operator may create another instance if a list lacks one, so a list that cannot be shown to be
 * complete carries a failure.
 *
 * @param terminating How many instances of a wallet are terminating, and may vanish during the read.
 */
export async function listPods(
  client: HttpClient,
  wallets: readonly Wallet[],
  terminating: TerminatingCount = () => 0,
): Promise<Answer<InstanceList>> {
  const beganAtMs = client.clock.monotonicMs();
  const unique = [...new Set(wallets)];
  const collected = await Promise.all(
    unique.map(async (wallet) => await collectInstances(client, wallet, terminating(wallet))),
  );
  const failures = collected.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  const [first] = failures;
  if (first !== undefined && failures.length === unique.length) {
    return first;
  }
  const instances = new Map<string, InstanceSnapshot>();
  for (const [podId, instance] of collected.flatMap((one) => [...one.instances])) {
    const known = instances.get(podId);
    instances.set(podId, known === undefined ? instance : joinRows(known, instance));
  }
  const lists = unique.map((wallet, index) => walletList(wallet, collected[index]));
  return { kind: 'ok', value: { instances: [...instances.values()], beganAtMs, wallets: lists } };
}

function walletList(wallet: Wallet, collected: CollectedInstances | undefined): WalletList {
  const { instances, unidentified, failure } = collected ?? NOTHING;
  return {
    wallet,
    podIds: [...instances.keys()],
    unidentified: [...unidentified.values()],
    ...(failure === undefined ? {} : { failure }),
  };
}

const NOTHING: CollectedInstances = { instances: new Map(), unidentified: new Map() };
