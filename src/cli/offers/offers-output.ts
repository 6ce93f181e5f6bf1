import { capToSend } from '../../offers/cap.ts';
import type { FittingOffer } from '../../offers/candidate.ts';
import { explainChoice } from '../../offers/explain.ts';
import { formatUsd, microsToUsd } from '../../offers/money.ts';
import type { Cost, Offer, Sizes } from '../../offers/offer.ts';
import { REJECTION_REASONS } from '../../offers/rejections.ts';
import type { Rejection } from '../../offers/rejections.ts';
import type { PriceLimits } from '../../offers/requirements.ts';
import type { Selection } from '../../offers/select-offer.ts';
import type { Output } from '../output/output-format.ts';
import { table } from '../output/table.ts';
import type { Column } from '../output/table.ts';

interface OffersView {
  readonly selection: Selection;
  readonly limits: PriceLimits;
  /** What else a person should know before they believe the choice. */
  readonly notes: readonly string[];
}

interface Ranked extends FittingOffer {
  readonly rank: number;
}

/** The choice, the offers that fit with their complete price, and the others with their reason. */
export function offersOutput(view: OffersView): Output {
  const ranked = rankedOf(view.selection);
  const rejected = sortRejections(view.selection.rejections);
  return {
    text: (isWide) =>
      [
        decisionText(view),
        ...(ranked.length === 0 ? [] : [table(fittingColumns(isWide), ranked)]),
        ...(rejected.length === 0 ? [] : [`Rejected:\n${table(rejectedColumns(isWide), rejected)}`]),
        ...hintText(view.selection),
        ...view.notes.map((note) => `Note: ${note}`),
      ].join('\n\n'),
    data: {
      currency: 'USD',
      decision: decisionData(view),
      offers: ranked.map(fittingData),
      rejected: rejected.map(rejectedData),
      notes: view.notes,
    },
  };
}

function rankedOf(selection: Selection): readonly Ranked[] {
  return selection.kind === 'selected'
    ? selection.ranked.map((fitting, at) => ({ ...fitting, rank: at + 1 }))
    : [];
}

function decisionText({ selection, limits }: OffersView): string {
  return selection.kind === 'none'
    ? `Would rent nothing (${selection.reason}): ${selection.message}`
    : `Would rent the ${explainChoice(selection)}. Cap in the create request: ${formatUsd(capToSend(limits, selection))} USD/h.`;
}

function hintText(selection: Selection): readonly string[] {
  return selection.kind === 'none' && selection.hint !== undefined ? [`Hint: ${selection.hint}`] : [];
}

function decisionData({ selection, limits }: OffersView): Record<string, unknown> {
  return selection.kind === 'none'
    ? { rents: false, reason: selection.reason, message: selection.message, hint: selection.hint }
    : {
        rents: true,
        message: explainChoice(selection),
        provider: selection.offer.provider,
        cloudId: selection.offer.cloudId,
        pricePerHour: microsToUsd(selection.cost.total),
        cap: microsToUsd(capToSend(limits, selection)),
      };
}

/** The reason that most offers have comes first, then the closest offer, then the cheapest. */
function sortRejections(rejections: readonly Rejection[]): readonly Rejection[] {
  const counts = new Map(
    [...Map.groupBy(rejections, ({ reason }) => reason)].map(([r, all]) => [r, all.length]),
  );
  const count = ({ reason }: Rejection): number => counts.get(reason) ?? 0;
  const price = ({ candidate }: Rejection): number => candidate.cost?.total ?? Number.MAX_VALUE;
  return rejections.toSorted(
    (a, b) =>
      count(b) - count(a) ||
      (a.reason < b.reason ? -1 : a.reason > b.reason ? 1 : 0) ||
      a.distance - b.distance ||
      price(a) - price(b) ||
      (a.candidate.key < b.candidate.key ? -1 : 1),
  );
}

function offerColumns<Row>(offerOf: (row: Row) => Offer): readonly Column<Row>[] {
  return [
    { title: 'PROVIDER', cell: (row) => offerOf(row).provider },
    { title: 'OFFER', cell: (row) => offerOf(row).cloudId },
    { title: 'GPU', cell: (row) => offerOf(row).gpuType },
    { title: 'COUNT', cell: (row) => String(offerOf(row).gpuCount) },
    { title: 'PLACE', cell: (row) => placeOf(offerOf(row)) },
    { title: 'STOCK', cell: (row) => offerOf(row).stockStatus },
  ];
}

function wideColumns<Row>(offerOf: (row: Row) => Offer): readonly Column<Row>[] {
  return [
    { title: 'SOCKET', cell: (row) => offerOf(row).socket },
    { title: 'SECURITY', cell: (row) => offerOf(row).security },
    { title: 'REGION', cell: (row) => offerOf(row).region },
    { title: 'SPOT', cell: (row) => (offerOf(row).isSpot ? 'yes' : 'no') },
    { title: 'PREPAID-HOURS', cell: (row) => offerOf(row).prepaidHours?.toString() },
  ];
}

function placeOf({ dataCenter, country, region }: Offer): string | undefined {
  return dataCenter ?? country ?? region;
}

function fittingColumns(isWide: boolean): readonly Column<Ranked>[] {
  const part = (title: string, of: (cost: Cost) => number): Column<Ranked> => ({
    title,
    cell: ({ cost }) => formatUsd(of(cost)),
  });
  return [
    { title: 'RANK', cell: ({ rank }) => String(rank) },
    ...offerColumns<Ranked>(({ offer }) => offer),
    part('$/H', ({ total }) => total),
    part('GPU-$', ({ gpu }) => gpu),
    part('DISK-$', ({ disk }) => disk),
    part('VCPU-$', ({ vcpus }) => vcpus),
    part('MEM-$', ({ memory }) => memory),
    ...(isWide
      ? [
          { title: 'SIZES', cell: ({ sizes }: Ranked) => sizesText(sizes) },
          ...wideColumns<Ranked>(({ offer }) => offer),
        ]
      : []),
  ];
}

function sizesText({ diskSize, vcpus, memory }: Sizes): string | undefined {
  const parts = [
    ...(diskSize === undefined ? [] : [`${diskSize} GB disk`]),
    ...(vcpus === undefined ? [] : [`${vcpus} vCPUs`]),
    ...(memory === undefined ? [] : [`${memory} GB memory`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

function rejectedColumns(isWide: boolean): readonly Column<Rejection>[] {
  const offerOf = ({ candidate }: Rejection): Offer => candidate.offer;
  return [
    { title: 'REASON', cell: ({ reason }) => reason },
    ...offerColumns(offerOf),
    {
      title: '$/H',
      cell: ({ candidate: { cost } }) => (cost === undefined ? undefined : formatUsd(cost.total)),
    },
    { title: 'DETAIL', cell: ({ detail }) => (detail === '' ? undefined : detail) },
    ...(isWide ? wideColumns(offerOf) : []),
  ];
}

function offerData(offer: Offer): Record<string, unknown> {
  const { provider, cloudId, gpuType, gpuCount, socket, dataCenter, country, region } = offer;
  const { security, isSpot, stockStatus, prepaidHours } = offer;
  const place = { dataCenter, country, region };
  return {
    provider,
    cloudId,
    gpuType,
    gpuCount,
    socket,
    ...place,
    security,
    isSpot,
    stockStatus,
    prepaidHours,
  };
}

function fittingData({ rank, offer, cost, sizes }: Ranked): Record<string, unknown> {
  const { diskSize, vcpus, memory } = sizes;
  return { rank, ...offerData(offer), sizes: { diskSize, vcpus, memory }, ...costData(cost) };
}

function rejectedData({ reason, detail, candidate }: Rejection): Record<string, unknown> {
  const cost = candidate.cost === undefined ? {} : { pricePerHour: microsToUsd(candidate.cost.total) };
  return { reason, meaning: REJECTION_REASONS[reason], detail, ...offerData(candidate.offer), ...cost };
}

function costData({ total, gpu, disk, vcpus, memory }: Cost): Record<string, unknown> {
  return {
    pricePerHour: microsToUsd(total),
    price: {
      gpu: microsToUsd(gpu),
      disk: microsToUsd(disk),
      vcpus: microsToUsd(vcpus),
      memory: microsToUsd(memory),
    },
  };
}
