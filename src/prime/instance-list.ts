import type {
  Answer,
  TerminatingCount,
  InstanceList,
  InstanceSnapshot,
  Wallet,
  WalletList,
} from '../lifecycle/provider.ts';
import type { HttpClient } from './http-client.ts';
import type { CollectedInstances } from './page-collector.ts';
import { collectInstances } from './list-pages.ts';

/**
 * The live instances of some wallets, each listed by itself and all at the same time: one that fails or hangs says nothing
 * about the others. Who concludes from a list that an instance does not exist may rent another one, so a list that cannot
 * be shown to be complete is named as such.
 *
 * @param ending How many instances of a wallet are being ended, and may vanish while the list is read.
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
    // A row may be whole in one list and not in another.
    instances.set(podId, { ...instances.get(podId), ...instance });
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
