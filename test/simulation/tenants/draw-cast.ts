import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { Draws } from '../random-run/draws.ts';
import { keyOf, TEAM_OF_A, USERS } from './cast.ts';
import { TENANT_KINDS } from './planned.ts';
import type { PlannedAccount, PlannedGpuPod, PlannedNamespace, TenantKind } from './planned.ts';

const ALL_NAMESPACES = ['team-a', 'team-b', 'team-c', 'team-d', 'team-e'];
const GPU_PODS_PER_NAMESPACE = 3;

function isTrue({ below }: Draws, oneIn: number): boolean {
  return below(oneIn) === 0;
}

export function drawNamespaces(draws: Draws): readonly PlannedNamespace[] {
  const count = 2 + draws.below(ALL_NAMESPACES.length - 1);
  return ALL_NAMESPACES.slice(0, count).map((name) => ({
    name,
    labels: { team: name, gpus: isTrue(draws, 3) ? 'no' : 'yes' },
  }));
}

/** Accounts of both kinds. Users are few, so that several accounts have keys of one user. */
export function drawAccounts(
  draws: Draws,
  namespaces: readonly PlannedNamespace[],
): readonly PlannedAccount[] {
  const own = namespaces.flatMap(({ name }) => [
    ...(isTrue(draws, 2) ? [drawAccount(draws, name, 'default')] : []),
    ...(isTrue(draws, 3) ? [drawAccount(draws, name, 'own')] : []),
  ]);
  const isDefault = !isTrue(draws, 3);
  const ml = drawAccount(draws, undefined, 'ml', {
    isDefault,
    namespaceSelector: isTrue(draws, 2) ? {} : { matchLabels: { gpus: 'yes' } },
  });
  const lab = drawAccount(draws, undefined, 'lab', { namespaceSelector: {} });
  return [...own, ml, ...(isTrue(draws, 2) ? [lab] : [])];
}

function drawAccount(
  draws: Draws,
  namespace: string | undefined,
  name: string,
  scope: Readonly<Record<string, unknown>> = {},
): PlannedAccount {
  // One in eight has a key of the operator's own user.
  const userId = isTrue(draws, 8) ? 'user_1' : draws.pick(USERS);
  const number = userId === 'user_1' ? 2 : draws.pick([1, 2] as const);
  const teamId = userId === 'user_a' && isTrue(draws, 3) ? { teamId: TEAM_OF_A } : {};
  const allowRetain = namespace === undefined ? { allowRetain: isTrue(draws, 2) } : {};
  return {
    namespace,
    name,
    userId,
    key: keyOf(userId, number),
    spec: {
      ...scope,
      ...teamId,
      ...(isTrue(draws, 6) ? { protectSecret: false } : {}),
      limits: { ...drawLimits(draws), ...allowRetain },
      ...(isTrue(draws, 3) ? { defaults: { maxPrice: 2.2 } } : {}),
    },
  };
}

function drawLimits(draws: Draws): Readonly<Record<string, unknown>> {
  const { pick } = draws;
  const one = (field: string, values: readonly unknown[]): Readonly<Record<string, unknown>> =>
    isTrue(draws, 3) ? { [field]: pick(values) } : {};
  const perNamespace = {
    ...one('maxInstances', [1, 2]),
    ...one('maxGpus', [2, 3]),
    ...one('maxPricePerHour', [2.5, 4.5]),
  };
  return {
    ...one('maxInstances', [1, 2, 3, 4]),
    ...one('maxGpus', [2, 3, 5]),
    ...one('maxPricePerHour', [2.5, 4.5, 8]),
    ...one('maxPrice', [2, 4]),
    ...one('gpuTypes', [['H100_80GB', 'A100_80GB'], ['H100_80GB']]),
    ...(Object.keys(perNamespace).length > 0 && isTrue(draws, 2) ? { perNamespace } : {}),
  };
}

const KINDS = (
  Object.entries(TENANT_KINDS) as readonly (readonly [TenantKind, { readonly weight: number }])[]
).flatMap(([kind, { weight }]) => Array.from({ length: weight }, () => kind));

export type AccountRef = NonNullable<GpuPodSpecInput['accountRef']>;

/** The accounts that a GpuPod of this namespace may name. Some do not exist. */
export function drawReference({ below }: Draws): AccountRef | undefined {
  return REFERENCES[below(2 * REFERENCES.length)];
}

/** Drawn by half of the GpuPods. */
const REFERENCES: readonly AccountRef[] = [
  { name: 'own' },
  { kind: 'ClusterGpuAccount', name: 'ml' },
  { kind: 'ClusterGpuAccount', name: 'lab' },
];

export function drawGpuPods(draws: Draws, namespaces: readonly PlannedNamespace[]): readonly PlannedGpuPod[] {
  return namespaces.flatMap(({ name: namespace }) =>
    Array.from({ length: GPU_PODS_PER_NAMESPACE + draws.below(3) }, (_, index): PlannedGpuPod => {
      const kind = draws.pick(KINDS);
      const accountRef = drawReference(draws);
      return {
        namespace,
        name: `pod-${String(index + 1)}`,
        kind,
        spec: { ...TENANT_KINDS[kind].spec, ...(accountRef === undefined ? {} : { accountRef }) },
        // Some come late, and meet accounts that people have changed.
        atMs: draws.below(isTrue(draws, 3) ? 6 * 60_000 : 60_000),
      };
    }),
  );
}
