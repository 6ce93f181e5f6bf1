import { Counter, Gauge, Histogram } from '@prometheus-io/client';
import type { PrometheusContentType, Registry } from '@prometheus-io/client';
import { METRICS } from './metric-definitions.ts';
import type { MetricDefinition } from './metric-definitions.ts';

export type MetricsRegistry = Registry<PrometheusContentType>;

type Defined = typeof METRICS;
type Instrument<D extends MetricDefinition> = D['type'] extends 'counter'
  ? Counter<D['labels'][number]>
  : D['type'] extends 'gauge'
    ? Gauge<D['labels'][number]>
    : Histogram<D['labels'][number]>;

/** The instruments of the library, one for each definition, under its key. */
export type Instruments = { readonly [Key in keyof Defined]: Instrument<Defined[Key]> };

/** Creates and registers the instruments. */
export function createInstruments(registry: MetricsRegistry): Instruments {
  return {
    buildInfo: gauge(registry, METRICS.buildInfo),
    leader: gauge(registry, METRICS.leader),
    reconciles: counter(registry, METRICS.reconciles),
    reconcileDuration: histogram(registry, METRICS.reconcileDuration),
    queueDepth: gauge(registry, METRICS.queueDepth),
    queueAdds: counter(registry, METRICS.queueAdds),
    queueWait: histogram(registry, METRICS.queueWait),
    queueWork: histogram(registry, METRICS.queueWork),
    queueRetries: counter(registry, METRICS.queueRetries),
    apiRequests: counter(registry, METRICS.apiRequests),
    watchAge: gauge(registry, METRICS.watchAge),
    watchLists: counter(registry, METRICS.watchLists),
    watchEnds: counter(registry, METRICS.watchEnds),
    eventsDropped: counter(registry, METRICS.eventsDropped),
    providerRequests: counter(registry, METRICS.providerRequests),
    providerDuration: histogram(registry, METRICS.providerDuration),
    providerRate: gauge(registry, METRICS.providerRate),
    limiterTokens: gauge(registry, METRICS.limiterTokens),
    limiterWaiting: gauge(registry, METRICS.limiterWaiting),
    limiterWait: histogram(registry, METRICS.limiterWait),
    offers: gauge(registry, METRICS.offers),
    skippedOfferRows: gauge(registry, METRICS.skippedOfferRows),
    cheapestOffer: gauge(registry, METRICS.cheapestOffer),
    offerFailures: counter(registry, METRICS.offerFailures),
    sshProbes: counter(registry, METRICS.sshProbes),
    accountReady: gauge(registry, METRICS.accountReady),
    accountSuspended: gauge(registry, METRICS.accountSuspended),
    accountRefused: gauge(registry, METRICS.accountRefused),
    accountInstances: gauge(registry, METRICS.accountInstances),
    accountGpus: gauge(registry, METRICS.accountGpus),
    accountPrice: gauge(registry, METRICS.accountPrice),
    accountLimitUsage: gauge(registry, METRICS.accountLimitUsage),
    accountWaiting: gauge(registry, METRICS.accountWaiting),
    accountCreates: counter(registry, METRICS.accountCreates),
    accountRequests: counter(registry, METRICS.accountRequests),
    gpuPods: gauge(registry, METRICS.gpuPods),
    pricePerHour: gauge(registry, METRICS.pricePerHour),
    aboveCap: gauge(registry, METRICS.aboveCap),
    oldestInstance: gauge(registry, METRICS.oldestInstance),
    oldestDeletion: gauge(registry, METRICS.oldestDeletion),
    reserved: gauge(registry, METRICS.reserved),
    totalLimit: gauge(registry, METRICS.totalLimit),
    expiring: gauge(registry, METRICS.expiring),
    unreachable: gauge(registry, METRICS.unreachable),
    livingCost: gauge(registry, METRICS.livingCost),
    spent: counter(registry, METRICS.spent),
    attempts: counter(registry, METRICS.attempts),
    openIntents: gauge(registry, METRICS.openIntents),
    timeToReady: histogram(registry, METRICS.timeToReady),
    listsComplete: gauge(registry, METRICS.listsComplete),
    unreadableRows: gauge(registry, METRICS.unreadableRows),
    duplicates: gauge(registry, METRICS.duplicates),
    orphans: gauge(registry, METRICS.orphans),
    cooldowns: gauge(registry, METRICS.cooldowns),
    unownedPrice: gauge(registry, METRICS.unownedPrice),
  };
}

/**
 * Creates the series of labels with known values as 0, because an alert on something that has not happened
 * yet must find its series.
 */
export function showKnownValues(instruments: Instruments): void {
  for (const reason of METRICS.watchEnds.values) {
    instruments.watchEnds.inc({ reason }, 0);
  }
  for (const reason of METRICS.eventsDropped.values) {
    instruments.eventsDropped.inc({ reason }, 0);
  }
  for (const result of METRICS.sshProbes.values) {
    instruments.sshProbes.inc({ result }, 0);
  }
  for (const kind of METRICS.unownedPrice.values) {
    instruments.unownedPrice.set({ kind }, 0);
  }
  for (const outcome of METRICS.attempts.values) {
    instruments.attempts.inc({ outcome }, 0);
  }
  for (const priority of METRICS.limiterWaiting.values) {
    instruments.limiterWaiting.set({ priority }, 0);
  }
  for (const priority of METRICS.limiterWait.values) {
    instruments.limiterWait.zero({ priority });
  }
}

interface Definition<Type, Label extends string> {
  readonly name: string;
  readonly type: Type;
  readonly labels: readonly Label[];
  readonly help: string;
}

function counter<Label extends string>(
  registry: MetricsRegistry,
  { name, help, labels }: Definition<'counter', Label>,
): Counter<Label> {
  return new Counter({ name, help, labelNames: labels, registers: [registry] });
}

function gauge<Label extends string>(
  registry: MetricsRegistry,
  { name, help, labels }: Definition<'gauge', Label>,
): Gauge<Label> {
  return new Gauge({ name, help, labelNames: labels, registers: [registry] });
}

function histogram<Label extends string>(
  registry: MetricsRegistry,
  { name, help, labels, buckets }: Definition<'histogram', Label> & { readonly buckets: readonly number[] },
): Histogram<Label> {
  return new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] });
}
