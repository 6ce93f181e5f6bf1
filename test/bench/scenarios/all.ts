import type { RequestRecord } from '../../support/audit.ts';
import type { Bench, SceneBench } from '../../support/bench.ts';
import type { MemoryBench } from '../../support/memory-bench.ts';
import type { Measurement } from '../measurement.ts';
import { measureAccounts } from './accounts.ts';
import { measureAccountsAtRest } from './accounts-at-rest.ts';
import { measureColdStart } from './cold-start.ts';
import { measureCutWatches } from './cut-watches.ts';
import { measureHot } from './hot.ts';
import { measureInstallations } from './installations.ts';
import { measureIsolation } from './isolation.ts';
import { measureLeader } from './leader.ts';
import { measureLife } from './life.ts';
import { measureLimited } from './limited.ts';
import { measureRestart } from './restart.ts';
import { measureSingle } from './single.ts';

interface Described {
  /** What the scenario measures, in a line. */
  readonly what: string;
}

type Measure<T> = (
  bench: T,
  audit: RequestRecord,
  count: number,
  accounts: number,
) => Promise<readonly Measurement[]>;

/** A scenario runs on any API server, only on a real one, or only on one that keeps its objects in memory. */
export type Scenario = Described &
  (
    | { readonly on: 'any'; readonly run: Measure<SceneBench> }
    | { readonly on: 'real'; readonly run: Measure<Bench> }
    | {
        readonly on: 'memory';
        readonly run: (
          memory: MemoryBench,
          count: number,
          accounts: number,
        ) => Promise<readonly Measurement[]>;
      }
  );

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  life: { on: 'any', what: 'all at once until Ready, at rest, all deleted at once', run: measureLife },
  restart: {
    on: 'any',
    what: 'the operator is killed and started again with all Ready, and one new GpuPod',
    run: measureRestart,
  },
  'cold-start': {
    on: 'memory',
    what: 'the operator starts with all GpuPods Ready, which were planted',
    run: measureColdStart,
  },
  'accounts-at-rest': {
    on: 'memory',
    what: 'the operator starts with all GpuPods Ready on accounts with keys of their own, and then nothing happens',
    run: measureAccountsAtRest,
  },
  leader: { on: 'any', what: 'the leader is killed in the middle of a burst', run: measureLeader },
  'cut-watches': {
    on: 'real',
    what: 'all at once, while every watch breaks after 5 s',
    run: measureCutWatches,
  },
  accounts: {
    on: 'any',
    what: 'all at once until Ready, and at rest, on accounts with keys of their own',
    run: measureAccounts,
  },
  isolation: {
    on: 'any',
    what: 'all at once, without and with three more accounts: one hangs, one is revoked, one is rate-limited',
    run: measureIsolation,
  },
  installations: {
    on: 'any',
    what: 'all at once until Ready and all deleted, by one operator and by two of disjoint namespaces',
    run: measureInstallations,
  },
  hot: {
    on: 'any',
    what: 'one GpuPod at a time, while another one is changed twenty times a second',
    run: measureHot,
  },
  single: { on: 'any', what: 'one GpuPod at a time, while all others are at rest', run: measureSingle },
  'limited-5': {
    on: 'any',
    what: 'all at once, while the provider allows 5 requests a second',
    run: async (bench, audit, count) => await measureLimited(bench, audit, count, 5),
  },
  'limited-10': {
    on: 'any',
    what: 'all at once, while the provider allows 10 requests a second',
    run: async (bench, audit, count) => await measureLimited(bench, audit, count, 10),
  },
};
