import type {
  Answer,
  EndingCount,
  PodList,
  InstanceSnapshot,
  Wallet,
  WalletList,
} from '../lifecycle/provider.ts';
import type { HttpClient } from './http-client.ts';
import type { CollectedPods } from './page-collector.ts';
import { collectPods } from './pod-pages.ts';

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
  ending: EndingCount = () => 0,
): Promise<Answer<PodList>> {
  const beganAtMs = client.clock.monotonicMs();
  const unique = [...new Set(wallets)];
  const collected = await Promise.all(
    unique.map(async (wallet) => await collectPods(client, wallet, ending(wallet))),
  );
  const failures = collected.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  const [first] = failures;
  if (first !== undefined && failures.length === unique.length) {
    return first;
  }
  const pods = new Map<string, InstanceSnapshot>();
  for (const [podId, pod] of collected.flatMap((one) => [...one.pods])) {
    // A row may be whole in one list and not in another.
    pods.set(podId, { ...pods.get(podId), ...pod });
  }
  const lists = unique.map((wallet, index) => walletList(wallet, collected[index]));
  return { kind: 'ok', value: { pods: [...pods.values()], beganAtMs, wallets: lists } };
}

function walletList(wallet: Wallet, collected: CollectedPods | undefined): WalletList {
  const { pods, unidentified, failure } = collected ?? NOTHING;
  return {
    wallet,
    podIds: [...pods.keys()],
    unidentified: [...unidentified.values()],
    ...(failure === undefined ? {} : { failure }),
  };
}

const NOTHING: CollectedPods = { pods: new Map(), unidentified: new Map() };
