import type { GpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import type { CostStatus, OfferStatus } from '../../src/api/gpupod/status.ts';
import { findCondition } from '../../src/lifecycle/status/draft.ts';
import type { Terminal } from './terminal.ts';
import { usd, wrap } from './text.ts';

const TEXT_WIDTH = 60;

/** What the object shows: which offer and why, what it costs, and how to connect. */
export function showInstance({ status, metadata }: GpuPod, terminal: Terminal): void {
  const why = findCondition(status, 'OfferSelected')?.message ?? 'not said';
  terminal.heading('What was rented, and why');
  terminal.fact('pod', status.podId ?? 'none');
  terminal.fact('offer', offerText(status.offer ?? {}));
  showSentence('why', why, terminal);
  showCost(status.cost ?? {}, terminal);
  terminal.fact('ssh', status.ssh?.command ?? 'none');
  terminal.fact('Secret', `${status.binding?.name ?? 'none'}, in namespace ${metadata.namespace}`);
}

/** A name with a text that may take several lines. */
export function showSentence(name: string, sentence: string, terminal: Terminal): void {
  for (const [index, line] of wrap(sentence, TEXT_WIDTH).entries()) {
    terminal.fact(index === 0 ? name : '', line);
  }
}

function offerText(offer: OfferStatus): string {
  const { provider, cloudId, gpuCount, gpuType, socket, dataCenter, country } = offer;
  const gpus = [gpuCount, '×', gpuType, socket].filter((part) => part !== undefined).join(' ');
  const place = [dataCenter, country].filter((part) => part !== undefined).join(', ');
  return [`${provider ?? 'unknown'} ${cloudId ?? ''}`, gpus, place].join('; ');
}

function showCost(cost: CostStatus, terminal: Terminal): void {
  const parts = `GPU ${usd(cost.gpu)} + disk ${usd(cost.disk)} + vcpus ${usd(cost.vcpus)} + memory ${usd(cost.memory)}`;
  terminal.fact('price', `${usd(cost.pricePerHour)} USD/h = ${parts}`);
  terminal.fact('cap', `${usd(cost.maxPrice)} USD/h, sent with the create request`);
  terminal.fact('billed', `${usd(cost.billedPerHour)} USD/h, as the provider says`);
}
