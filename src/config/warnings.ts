import { formatDuration } from '../api/common/duration.ts';
import { DEFAULT_TIMINGS } from '../lifecycle/settings.ts';
import type { ProtocolTimings } from '../lifecycle/settings.ts';
import { formatUsd } from '../offers/money.ts';
import type { Settings } from './cross-checks.ts';
import type { DescribedSetting } from './described-settings.ts';
import type { Environment } from './texts.ts';

/** Timings that protect money. Shorter ones are for tests. */
const PROTECTING_TIMINGS: readonly (keyof ProtocolTimings)[] = [
  'settleMs',
  'settleSpacingMs',
  'foreignRequestMs',
  'goneSpacingMs',
  'unreadPodAgeMs',
  'massAbsenceMs',
];

type Warning = (settings: Settings) => string | undefined;

/** Combinations that work, and are probably a mistake. */
const WARNINGS: readonly Warning[] = [
  ({ prime }) =>
    prime.allowHttp
      ? '--allow-http: others may read the API key on its way to the provider; use this for tests only.'
      : undefined,
  ({ lease }) =>
    lease.isEnabled
      ? undefined
      : '--leader-elect=false: a second process would rent instances for the same GpuPods. Run exactly one process.',
  ({ policy: { maxPriceCeiling, maxTotalPricePerHour } }) =>
    maxTotalPricePerHour !== undefined && maxTotalPricePerHour < (maxPriceCeiling ?? 0)
      ? `--max-total-price-per-hour (${formatUsd(maxTotalPricePerHour)}) is below --max-price-ceiling ` +
        `(${formatUsd(maxPriceCeiling ?? 0)}): an instance that costs more than the total never starts. Lower the ceiling, or raise the total.`
      : undefined,
  ({ policy: { maxLifetimeMs, defaultMaxLifetimeMs = 0 } }) =>
    maxLifetimeMs !== undefined && defaultMaxLifetimeMs > maxLifetimeMs
      ? `--default-max-lifetime (${formatDuration(defaultMaxLifetimeMs)}) is longer than --max-lifetime ` +
        `(${formatDuration(maxLifetimeMs)}), which cuts it.`
      : undefined,
  ({ timings }) => {
    const short = PROTECTING_TIMINGS.filter((key) => timings[key] < DEFAULT_TIMINGS[key]);
    const list = short.map((key) => `${key} ${formatDuration(timings[key])}`).join(', ');
    return short.length === 0
      ? undefined
      : `Timings that prevent a second instance are shorter than their defaults (${list}); use this for tests only.`;
  },
];

/** Variables that Kubernetes sets in each container for a Service of this name. */
const SERVICE_VARIABLE = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)$/;

export function findWarnings(
  settings: Settings,
  described: readonly DescribedSetting[],
  env: Environment,
): readonly string[] {
  const found = WARNINGS.map((warning) => warning(settings)).filter((text) => text !== undefined);
  return [...found, ...findUnknownVariables(described, env)];
}

/** A misspelled variable sets nothing, and nobody would notice. */
function findUnknownVariables(described: readonly DescribedSetting[], env: Environment): readonly string[] {
  const known = new Set(described.flatMap((setting) => setting.env));
  return Object.keys(env)
    .filter((name) => /^(GPUPOD|PRIME_API)_/.test(name) && !known.has(name) && name !== 'PRIME_API_KEY')
    .filter((name) => !SERVICE_VARIABLE.test(name))
    .toSorted()
    .map((name) => `The environment variable ${name} is set, but no setting has this name.`);
}
