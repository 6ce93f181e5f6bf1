import * as z from 'zod';
import {
  choice,
  decimal,
  duration,
  listenAddress,
  onOff,
  onOffOrAuto,
  usd,
  wholeNumber,
  word,
  wordList,
} from './kinds.ts';
import { PROBE_SETTINGS } from './probe-settings.ts';
import { optionalSetting, setting } from './setting.ts';
import { SSH_KEY_SETTINGS } from './ssh-key-settings.ts';
import { TIMING_SETTINGS } from './timing-settings.ts';

/** The smallest lease that Kubernetes can express: its record counts whole seconds. */
const MIN_LEASE_MS = 1000;
const MIN_PERIOD_MS = 10;
/** As in the schema of spec.maxLifetime. */
const MIN_LIFETIME_MS = 60_000;

const someWord = {
  placeholder: 'text',
  pattern: /^\S{1,253}$/,
  meaning: 'one word without blanks, of at most 253 characters',
};
const path = { placeholder: 'path', pattern: /^.{1,4096}$/, meaning: 'the path of a file' };
const namespaceName = {
  placeholder: 'namespace',
  pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  meaning: 'the name of a namespace: at most 63 lower-case letters, digits and dashes',
};
const namespaceNames = {
  pattern: namespaceName.pattern,
  meaning:
    'names of namespaces with one comma between each two; each has at most 63 lower-case letters, digits and dashes',
};

/**
 * All settings except the API key itself, which has no flag because everybody on the node can see arguments.
 * Each group is a part of the configuration. The parser, the help and the reference are built from this
 * table.
 */
export const SETTINGS = {
  prime: z.object({
    baseUrl: setting(word({ placeholder: 'url', pattern: /^\S+$/, meaning: 'a URL' }), {
      flag: '--prime-api-base-url',
      env: ['PRIME_API_BASE_URL', 'PRIME_BASE_URL'],
      defaultText: 'https://api.primeintellect.ai',
      description: 'URL of the Prime Intellect API. https, unless the host is localhost',
    }),
    keyFile: optionalSetting(word(path), {
      flag: '--prime-api-key-file',
      env: ['PRIME_API_KEY_FILE'],
      description: 'File that contains the API key; the operator reads it again when it changes',
    }),
    allowHttp: setting(onOff(), {
      flag: '--allow-http',
      defaultText: 'false',
      description: 'Send the API key in clear text to a host other than localhost (tests only)',
    }),
    maxRequestsPerSecond: setting(decimal({ min: 0.1, max: 10_000 }), {
      flag: '--max-requests-per-second',
      defaultText: '100',
      description: 'Maximum number of requests per second to the provider, even if it accepts more',
    }),
    createTimeoutMs: setting(duration(MIN_PERIOD_MS), {
      flag: '--create-timeout',
      defaultText: '60s',
      description: 'How long a create request may take',
    }),
    readTimeoutMs: setting(duration(MIN_PERIOD_MS), {
      flag: '--read-timeout',
      defaultText: '30s',
      description: 'How long any other request may take',
    }),
    offerCacheMs: setting(duration(0), {
      flag: '--offer-cache',
      defaultText: '5s',
      description: 'How long GpuPods with the same query share one answer about offers',
    }),
  }),
  policy: z.object({
    maxPriceCeiling: optionalSetting(usd(), {
      flag: '--max-price-ceiling',
      description: 'Maximum price of an instance in USD per hour, whatever a GpuPod allows',
    }),
    requireMaxPrice: setting(onOff(), {
      flag: '--require-max-price',
      defaultText: 'false',
      description: 'Refuse GpuPods without spec.maxPrice',
    }),
    maxTotalPricePerHour: optionalSetting(usd(), {
      flag: '--max-total-price-per-hour',
      description:
        'Maximum price of all instances of this installation together in USD per hour, including retained and orphaned ones. Prepaid hours count in full in their first hour. A create request that would exceed it waits',
    }),
    maxLifetimeMs: optionalSetting(duration(MIN_LIFETIME_MS), {
      flag: '--max-lifetime',
      description:
        'Longest life of any instance, counted from its creation. A longer or absent spec.maxLifetime is cut to it. It holds for running instances as well: those that are older are terminated',
    }),
    defaultMaxLifetimeMs: optionalSetting(duration(MIN_LIFETIME_MS), {
      flag: '--default-max-lifetime',
      description:
        'Lifetime of instances whose GpuPod sets no spec.maxLifetime. It holds for running instances as well',
    }),
    allowRetain: setting(onOff(), {
      flag: '--allow-retain',
      defaultText: 'true',
      description:
        'Let GpuPods with deletionPolicy Retain leave their instance running and billing. false: the operator refuses them, and terminates a running instance with its GpuPod',
    }),
    allowPrepaid: setting(onOff(), {
      flag: '--allow-prepaid',
      defaultText: 'true',
      description:
        'Let GpuPods with placement.allowPrepaid rent offers that charge a number of hours at once. false: the operator refuses them',
    }),
    defaultTeamId: optionalSetting(word(someWord), {
      flag: '--default-team-id',
      env: ['GPUPOD_DEFAULT_TEAM_ID', 'PRIME_TEAM_ID'],
      description: 'Team that pays where a GpuPod names none',
    }),
    allowedTeamIds: setting(wordList(), {
      flag: '--allowed-team-ids',
      defaultText: '',
      description: 'Teams that a GpuPod may name besides the default',
    }),
    ...SSH_KEY_SETTINGS,
    allowedDiskIds: setting(wordList(), {
      flag: '--allowed-disk-ids',
      defaultText: '',
      description:
        'Disks that a GpuPod may attach, each as an ID, or as namespace/ID for one namespace only; none given: any',
    }),
    allowedTemplateIds: setting(wordList(), {
      flag: '--allowed-template-ids',
      defaultText: '',
      description:
        'Custom templates that a GpuPod may use, each as an ID, or as namespace/ID for one namespace only; none given: any',
    }),
  }),
  installation: z.object({
    id: optionalSetting(
      word({ placeholder: 'id', pattern: /^[a-z0-9]{6}$/, meaning: 'six lower-case letters or digits' }),
      {
        flag: '--installation-id',
        description:
          'Marks the instances of this installation. Default: generated once and kept in a ConfigMap',
      },
    ),
    acceptCluster: optionalSetting(word(someWord), {
      flag: '--accept-cluster',
      description:
        'UID of the namespace kube-system. Confirms that this cluster takes over from the one that it was copied from',
    }),
    acceptAccount: optionalSetting(word(someWord), {
      flag: '--accept-account',
      description: 'Prime Intellect user ID. Confirms that the API key now belongs to this account',
    }),
    acceptInstallation: optionalSetting(
      word({ placeholder: 'id', pattern: /^[a-z0-9]{6}$/, meaning: 'six lower-case letters or digits' }),
      {
        flag: '--accept-installation',
        description:
          'Confirms that no other cluster uses this installation ID. Without it, the operator does not terminate orphans if you set --installation-id yourself',
      },
    ),
    orphanPolicy: setting(choice(['Report', 'Terminate']), {
      flag: '--orphan-policy',
      defaultText: 'Report',
      description: 'What to do with instances of this installation that belong to no GpuPod',
    }),
  }),
  kubernetes: z.object({
    kubeconfig: optionalSetting(word(path), {
      flag: '--kubeconfig',
      description: 'Kubeconfig file. Default: KUBECONFIG, ~/.kube/config, or the service account of the Pod',
    }),
    context: optionalSetting(word({ ...path, placeholder: 'name', meaning: 'the name of a context' }), {
      flag: '--context',
      description: 'Context of the kubeconfig. Default: its current one',
    }),
    namespace: optionalSetting(word(namespaceName), {
      flag: '--namespace',
      env: ['GPUPOD_NAMESPACE', 'POD_NAMESPACE'],
      description:
        "The operator's own namespace, for its Lease and ConfigMaps. Default: that of the kubeconfig",
    }),
    watchNamespaces: setting(wordList(namespaceNames), {
      flag: '--watch-namespace',
      defaultText: '',
      description:
        'Watch only GpuPods of these namespaces, with commas between them or with one flag for each. None given: all namespaces',
    }),
    gpuAccounts: setting(onOffOrAuto(), {
      flag: '--gpu-accounts',
      defaultText: 'auto',
      description:
        'Serve GpuAccounts, and ClusterGpuAccounts unless only some namespaces are watched: API keys of teams, beside that of the operator. auto: as soon as their CRDs exist and the operator may list them. true: wait for that before anything is rented',
    }),
    watchIdleTimeoutMs: setting(duration(MIN_PERIOD_MS), {
      flag: '--watch-idle-timeout',
      defaultText: '90s',
      description:
        'The operator replaces a watch that is silent for this long. The API server sends a bookmark about every minute',
    }),
  }),
  probe: z.object(PROBE_SETTINGS),
  lease: z.object({
    isEnabled: setting(onOff(), {
      flag: '--leader-elect',
      defaultText: 'true',
      description:
        'Work only while holding the Lease. Turn it off only if you are sure that one process runs',
    }),
    name: setting(
      word({
        placeholder: 'name',
        pattern: /^(?=.{1,253}$)[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/,
        meaning: 'the name of a Lease: lower-case letters, digits, dashes and dots',
      }),
      { flag: '--lease-name', defaultText: 'gpupod-operator', description: 'Name of the Lease' },
    ),
    owner: optionalSetting(word(someWord), {
      flag: '--lease-owner',
      description:
        'Which installation this process belongs to; the chart gives its release. A process that waits for a Lease of another owner is not ready, and says why',
    }),
    durationMs: setting(duration(MIN_LEASE_MS), {
      flag: '--lease-duration',
      defaultText: '15s',
      description: 'How long a silent holder keeps the Lease',
    }),
    renewDeadlineMs: setting(duration(MIN_PERIOD_MS), {
      flag: '--lease-renew-deadline',
      defaultText: '10s',
      description: 'A holder that cannot renew for this long stops working',
    }),
    renewPeriodMs: setting(duration(MIN_PERIOD_MS), {
      flag: '--lease-renew-period',
      defaultText: '2s',
      description: 'How often the holder renews',
    }),
    retryPeriodMs: setting(duration(MIN_PERIOD_MS), {
      flag: '--lease-retry-period',
      defaultText: '1s',
      description: 'How often the other processes check the Lease',
    }),
  }),
  process: z.object({
    concurrency: setting(wholeNumber({ min: 1, max: 1000 }), {
      flag: '--concurrency',
      defaultText: '32',
      description:
        'How many GpuPods the operator reconciles at once. For each account, up to half as many searches, create requests and registrations of SSH keys may wait for the provider besides. Terminations have workers of their own',
    }),
    logLevel: setting(choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), {
      flag: '--log-level',
      defaultText: 'info',
      description: 'Lowest level that is logged',
    }),
    http: setting(listenAddress(), {
      flag: '--http-address',
      defaultText: ':8080',
      description: 'Address that serves /healthz, /readyz and /metrics',
    }),
    cooldownScale: setting(decimal({ min: 0, max: 100 }), {
      flag: '--cool-down-scale',
      defaultText: '1',
      description: 'Factor for all cooldowns of offers and accounts after a refusal',
    }),
  }),
  timings: z.object(TIMING_SETTINGS),
};

export type SettingsGroup = keyof typeof SETTINGS;

/** The titles of the groups, in the sequence of the help and the reference. */
export const GROUP_TITLES: Readonly<Record<SettingsGroup, string>> = {
  prime: 'Prime Intellect',
  policy: 'Limits on what GpuPods may rent, and who pays',
  installation: 'Ownership of instances',
  kubernetes: 'Kubernetes',
  probe: 'SSH probes',
  lease: 'Leader election',
  process: 'The process',
  timings: 'Timings of the protocol (for tests and unusual providers)',
};
