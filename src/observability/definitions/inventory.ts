import { COOLDOWN_REASONS } from './metric-values.ts';
import type { MetricDefinition } from './definition.ts';

/** Metrics of inventories and sweeps: lists, duplicates, orphans, cooldowns, and what bills without a GpuPod. */
export const INVENTORY_METRICS = {
  listsComplete: {
    name: 'gpupod_wallet_list_complete',
    type: 'gauge',
    labels: ['account', 'team'],
    help: "1 where the last inventory of a wallet succeeded, 0 where it failed: GpuPods of that account and team wait for it. The team is empty for the user's own wallet.",
  },
  unreadableRows: {
    name: 'gpupod_wallet_unreadable_rows',
    type: 'gauge',
    labels: ['account', 'team'],
    help: 'Instances in the last list of a wallet whose ID or name cannot be read: create requests with an unknown outcome in this wallet wait for them.',
  },
  duplicates: {
    name: 'gpupod_duplicate_instances',
    type: 'gauge',
    labels: [],
    help: 'Duplicates in the last sweep: surplus instances of existing GpuPods. The operator terminates them.',
  },
  orphans: {
    name: 'gpupod_orphan_instances',
    type: 'gauge',
    labels: [],
    help: 'Orphans in the last sweep: instances of this installation that belong to no GpuPod. They bill.',
  },
  cooldowns: {
    name: 'gpupod_cooldowns',
    type: 'gauge',
    labels: ['reason'],
    values: COOLDOWN_REASONS,
    help: 'Offers in a cooldown, by reason.',
  },
  unownedPrice: {
    name: 'gpupod_unowned_price_usd_per_hour',
    type: 'gauge',
    labels: ['kind'],
    values: ['retained', 'released', 'orphaned'],
    help: 'Price of instances that bill and belong to no GpuPod, in USD per hour, by kind: retained, released (by force, without proof that they are terminated), orphaned.',
  },
} as const satisfies Record<string, MetricDefinition>;
