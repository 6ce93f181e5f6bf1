import type { RequestRecord } from '../../support/audit.ts';
import type { Bench } from '../../support/bench.ts';
import type { Measurement } from '../measurement.ts';
import { measureAccounts } from './accounts.ts';
import { measureCutWatches } from './cut-watches.ts';
import { measureHot } from './hot.ts';
import { measureIsolation } from './isolation.ts';
import { measureLeader } from './leader.ts';
import { measureLife } from './life.ts';
import { measureLimited } from './limited.ts';
import { measureRestart } from './restart.ts';
import { measureSingle } from './single.ts';

export interface Scenario {
  /** What the scenario measures, in a line. */
  readonly what: string;
  run(bench: Bench, audit: RequestRecord, count: number, accounts: number): Promise<readonly Measurement[]>;
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  life: { what: 'all at once until Ready, at rest, all deleted at once', run: measureLife },
  restart: {
    what: 'the operator is killed and started again with all Ready, and one new GpuPod',
    run: measureRestart,
  },
  leader: { what: 'the leader is killed in the middle of a burst', run: measureLeader },
  'cut-watches': { what: 'all at once, while every watch breaks after 5 s', run: measureCutWatches },
  accounts: {
    what: 'all at once until Ready, and at rest, on accounts with keys of their own',
    run: measureAccounts,
  },
  isolation: {
    what: 'all at once, without and with three more accounts: one hangs, one is revoked, one is rate-limited',
    run: measureIsolation,
  },
  hot: {
    what: 'one GpuPod at a time, while another one is changed twenty times a second',
    run: measureHot,
  },
  single: { what: 'one GpuPod at a time, while all others are at rest', run: measureSingle },
  'limited-5': {
    what: 'all at once, while the provider allows 5 requests a second',
    run: async (bench, audit, count) => await measureLimited(bench, audit, count, 5),
  },
  'limited-10': {
    what: 'all at once, while the provider allows 10 requests a second',
    run: async (bench, audit, count) => await measureLimited(bench, audit, count, 10),
  },
};
