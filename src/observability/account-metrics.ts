import { AccountLabels, OTHER_ACCOUNTS } from './account-labels.ts';
import { OPERATOR_ACCOUNT } from './account-sample.ts';
import type { AccountSample } from './account-sample.ts';
import { ACCOUNT_REFUSALS, CREATE_OUTCOMES, REQUEST_CODES } from './definitions/metric-values.ts';
import type { GpuPodSample } from './gpu-pod-sample.ts';
import type { Instruments } from './instruments.ts';
import { WalletMetrics } from './wallet-metrics.ts';
import type { WalletListed } from './wallet-metrics.ts';

/** An account has about 15 series, and at most 21. */
const LABEL_LIMITS = { max: 1_000, maxPerNamespace: 50 };
const GAUGES = [
  'accountReady',
  'accountSuspended',
  'accountRefused',
  'accountInstances',
  'accountGpus',
  'accountPrice',
  'accountLimitUsage',
  'accountWaiting',
] as const;

type AccountInstruments = Pick<
  Instruments,
  (typeof GAUGES)[number] | 'accountCreates' | 'accountRequests' | 'listsComplete' | 'unreadableRows'
>;

/** The series with the label `account`. Those of an account vanish with it. */
export class AccountMetrics {
  readonly #instruments: AccountInstruments;
  readonly #labels = new AccountLabels(LABEL_LIMITS);
  readonly #started = new Set<string>();
  readonly #wallets: WalletMetrics;

  constructor(instruments: AccountInstruments) {
    this.#instruments = instruments;
    this.#wallets = new WalletMetrics(instruments);
  }

  /** Shows these accounts, and what GpuPods have with accounts. Everything else vanishes. */
  refresh(accounts: readonly AccountSample[], gpuPods: readonly GpuPodSample[]): void {
    for (const key of GAUGES) {
      this.#instruments[key].reset();
    }
    const paying = Map.groupBy(gpuPods, ({ instance }) => instance?.account);
    const names = [...accounts.map(({ account }) => account), ...paying.keys()];
    this.#drop(new Set(names.filter((name) => name !== undefined)));
    for (const sample of accounts) {
      this.#show(sample);
    }
    for (const name of new Set(names)) {
      if (name !== undefined) {
        this.#count(this.#labels.of(name), paying.get(name) ?? []);
      }
    }
  }

  /** A standby shows no accounts. */
  clear(): void {
    this.refresh([], []);
  }

  onRequest(account: string, status: number | 'error'): void {
    this.#instruments.accountRequests.inc({ account: this.#labels.of(account), code: codeOf(status) });
  }

  onCreate(account: string, kind: 'created' | 'refused' | 'unknown'): void {
    this.#instruments.accountCreates.inc({ account: this.#labels.of(account), outcome: OUTCOMES[kind] });
  }

  onListed(report: WalletListed): void {
    this.#wallets.onListed(report, this.#labels.of(report.account));
  }

  #show({ account: name, isReady, reason, isSuspended, refused, limitUsage, waiting }: AccountSample): void {
    const account = this.#labels.of(name);
    for (const [why, count] of waiting) {
      this.#instruments.accountWaiting.inc({ account, reason: why }, count);
    }
    if (account === OTHER_ACCOUNTS) {
      return;
    }
    this.#instruments.accountReady.set({ account, reason }, isReady ? 1 : 0);
    this.#instruments.accountSuspended.set({ account }, isSuspended ? 1 : 0);
    // A rate limit is no refusal: it ends by itself within a minute.
    for (const why of ACCOUNT_REFUSALS.filter((one) => name === OPERATOR_ACCOUNT || refused.has(one))) {
      this.#instruments.accountRefused.set({ account, reason: why }, refused.has(why) ? 1 : 0);
    }
    for (const [limit, ratio] of limitUsage) {
      this.#instruments.accountLimitUsage.set({ account, limit }, ratio);
    }
    if (!this.#started.has(account)) {
      this.#start(account);
    }
  }

  /** `increase` needs a series before the first event. */
  #start(account: string): void {
    this.#started.add(account);
    for (const outcome of CREATE_OUTCOMES) {
      this.#instruments.accountCreates.inc({ account, outcome }, 0);
    }
    for (const code of REQUEST_CODES) {
      this.#instruments.accountRequests.inc({ account, code }, 0);
    }
  }

  #count(account: string, gpuPods: readonly GpuPodSample[]): void {
    const instances = gpuPods.flatMap(({ instance }) => (instance === undefined ? [] : [instance]));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    this.#instruments.accountInstances.inc({ account }, instances.length);
    this.#instruments.accountGpus.inc({ account }, sum(instances.map(({ gpus }) => gpus)));
    const prices = instances.map(({ usdPerHour = 0 }) => usdPerHour);
    this.#instruments.accountPrice.inc({ account }, sum(prices));
  }

  #drop(existing: ReadonlySet<string>): void {
    for (const account of this.#labels.keepOnly(existing)) {
      this.#started.delete(account);
      for (const outcome of CREATE_OUTCOMES) {
        this.#instruments.accountCreates.remove({ account, outcome });
      }
      for (const code of REQUEST_CODES) {
        this.#instruments.accountRequests.remove({ account, code });
      }
    }
    this.#wallets.keepOnly(existing);
  }
}

const OUTCOMES = { created: 'Created', refused: 'Refused', unknown: 'Unknown' } as const;
const HTTP_TOO_MANY_REQUESTS = 429;

function codeOf(status: number | 'error'): (typeof REQUEST_CODES)[number] {
  if (status === 'error') {
    return 'error';
  }
  if (status === HTTP_TOO_MANY_REQUESTS) {
    return '429';
  }
  return status < 400 ? '2xx' : status < 500 ? '4xx' : '5xx';
}
