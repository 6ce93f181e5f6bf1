import type { AccountLimits } from '../api/gpuaccount/limits.ts';
import { parseDurationMs } from '../api/common/duration.ts';
import type { OfferLimits } from '../offers/account-limits.ts';
import { capToMicros } from '../offers/money.ts';
import type { MicroUsd } from '../offers/money.ts';
import type { AccountRules, Policy } from './settings.ts';

/** A limit of an account on a sum over instances, in micro-dollars per hour or as a number. */
export interface AccountSum {
  /** `limits.maxInstances of ClusterGpuAccount ml-platform` */
  readonly field: string;
  /** Its path within `spec.limits`: `maxInstances`, `perNamespace.maxInstances`. */
  readonly path: string;
  readonly measure: 'micros' | 'instances' | 'gpus';
  readonly limit: number;
  /** Each namespace by itself. */
  readonly isPerNamespace: boolean;
}

/** The same with what all other instances count. */
export interface CountedSum extends AccountSum {
  readonly counted: number;
}

/** Names a limit, and so who can change it. */
export function limitOf({ name }: AccountRules, field: keyof AccountLimits): string {
  return `limits.${field} of ${name}`;
}

/** The policy for the next instance: the operator's, and within it that of the account. */
export function withRules(policy: Policy, rules: AccountRules): Policy {
  const { limits, defaults } = rules;
  return {
    ...whileRented(policy, rules, undefined),
    ...lowest('maxPriceCeiling', policy.maxPriceCeiling, priceOf(limits.maxPrice)),
    ...(defaults.maxPrice === undefined ? {} : { defaultMaxPrice: capToMicros(defaults.maxPrice) }),
    ...(defaults.sshKeyId === undefined ? {} : { defaultSshKeyId: defaults.sshKeyId }),
    ...(defaults.placement?.security === undefined ? {} : { defaultSecurity: defaults.placement.security }),
    accountLimits: offerLimitsOf(rules),
    allowPrepaid: policy.allowPrepaid && limits.allowPrepaid,
  };
}

/**
 * The policy for what the account rented already. A price limit that was lowered below what the create request allowed
 * terminates nothing.
 */
export function whileRented(policy: Policy, rules: AccountRules, capSent: MicroUsd | undefined): Policy {
  const { limits, defaults } = rules;
  const maxPrice = priceOf(limits.maxPrice);
  const ceiling = maxPrice === undefined || capSent === undefined ? undefined : Math.max(maxPrice, capSent);
  return {
    ...policy,
    account: rules,
    allowedTeamIds: limits.teamIds ?? [],
    allowRetain: policy.allowRetain && limits.allowRetain,
    ...lowest('maxPriceCeiling', policy.maxPriceCeiling, ceiling),
    ...lowest('maxLifetimeMs', policy.maxLifetimeMs, durationOf(limits.maxLifetime)),
    ...(defaults.maxLifetime === undefined
      ? {}
      : { defaultMaxLifetimeMs: durationOf(defaults.maxLifetime) ?? Infinity }),
  };
}

function priceOf(usd: number | undefined): MicroUsd | undefined {
  return usd === undefined ? undefined : capToMicros(usd);
}

export function durationOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDurationMs(text);
}

function lowest<K extends string>(
  field: K,
  one: number | undefined,
  other: number | undefined,
): { readonly [F in K]?: number } {
  const limits = [one, other].filter((limit) => limit !== undefined);
  return limits.length === 0 ? {} : ({ [field]: Math.min(...limits) } as { readonly [F in K]?: number });
}

/** What the account allows to be rented, as far as it concerns offers. */
function offerLimitsOf({ name, limits }: AccountRules): OfferLimits {
  const { gpuTypes, upstreamProviders, security, allowSpot, allowPrepaid } = limits;
  return {
    owner: name,
    maxPrice: priceOf(limits.maxPrice),
    gpuTypes,
    allowedProviders: upstreamProviders?.allow,
    deniedProviders: upstreamProviders?.deny,
    security,
    allowSpot,
    allowPrepaid,
  };
}

const MEASURES = [
  ['maxPricePerHour', 'micros'],
  ['maxInstances', 'instances'],
  ['maxGpus', 'gpus'],
] as const;

/** Every sum that the account limits. */
export function sumsOf({ name, limits }: AccountRules): readonly AccountSum[] {
  const ofScope = (isPerNamespace: boolean): readonly AccountSum[] =>
    MEASURES.flatMap(([field, measure]) => {
      const value = isPerNamespace ? limits.perNamespace?.[field] : limits[field];
      const path = isPerNamespace ? `perNamespace.${field}` : field;
      return value === undefined
        ? []
        : [
            {
              field: `limits.${path} of ${name}`,
              path,
              measure,
              limit: measure === 'micros' ? capToMicros(value) : value,
              isPerNamespace,
            },
          ];
    });
  return [...ofScope(false), ...ofScope(true)];
}
