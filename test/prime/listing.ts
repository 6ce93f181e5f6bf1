import type { Answer, InstanceList, Wallet } from '../../src/lifecycle/provider.ts';
import { aPodRow, podsPage, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer, SeenRequest } from './loopback-server.ts';

export function rows(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => aPodRow({ id: `p${String(index)}` }));
}

/** The requested page of these rows, cut as the API cuts it. */
export function page(all: readonly unknown[], request: SeenRequest, total = all.length): CannedAnswer {
  const offset = Number(request.query.get('offset'));
  return { json: podsPage(all.slice(offset, offset + Number(request.query.get('limit'))), total) };
}

/** Lists the wallets from a server with these answers. Returns the listed IDs and the received requests. */
export async function list(
  answer: (request: SeenRequest) => CannedAnswer,
  wallets: readonly Wallet[] = [undefined],
): Promise<{ answer: Answer<InstanceList>; ids: string[]; seen: readonly SeenRequest[] }> {
  let result: { answer: Answer<InstanceList>; ids: string[]; seen: readonly SeenRequest[] } | undefined;
  await withServer(answer, async ({ url, seen }) => {
    const found = await withProvider(url, (provider) => provider.listPods(wallets));
    result = {
      answer: found,
      ids: 'value' in found ? found.value.instances.map(({ podId }) => podId) : [],
      seen,
    };
  });
  if (result === undefined) {
    throw new Error('the server did not run');
  }
  return result;
}
