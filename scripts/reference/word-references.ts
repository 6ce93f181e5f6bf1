import { CONDITION_TYPES, REASONS } from '../../src/api/gpupod/conditions.ts';
import { REJECTION_REASONS } from '../../src/offers/rejections.ts';
import { code, GENERATED, table } from './markdown.ts';

const TYPE_MEANINGS: Readonly<Record<keyof typeof REASONS, string>> = {
  Ready: 'Whether the instance can be used.',
  Synced: 'Whether the last pass over the GpuPod succeeded.',
  OfferSelected: 'Whether an offer was chosen, and why. It does not change while the instance is rented.',
  Provisioned: 'Whether the create request led to an instance.',
  Reachable:
    'Whether the SSH server of the instance answers the operator. Present only with `--ssh-probe`, once a probe has ended. It does not change Ready after that was True.',
  Expiring:
    'Whether the operator terminates the instance soon because of a limit (`maxLifetime`, `maxTotalCost`). Present only while an instance has a limit.',
  Reconciling: 'Present only while the operator works towards what the spec asks for.',
  Stalled: 'Present only while the operator waits for a person to act.',
};

/** `docs/reference/conditions.md`. */
export function conditionsReference(): string {
  const sections = CONDITION_TYPES.map((type) => {
    const reasons: Readonly<Record<string, { readonly status: string; readonly meaning: string }>> =
      REASONS[type];
    const rows = Object.entries(reasons).map(([reason, { status, meaning }]) => [
      code(reason),
      status,
      meaning,
    ]);
    return `## ${type}\n\n${TYPE_MEANINGS[type]}\n\n${table(['Reason', 'Status', 'Meaning'], rows)}\n`;
  });
  return `${GENERATED}# Conditions

Types and reasons are closed lists, and tools may rely on them. Messages are for people, and may change.
The operator computes \`status.phase\` from the conditions, for the table of \`kubectl get\`; do not rely on it.
For what to do about each reason, see [troubleshooting](../how-to/troubleshoot.md#what-to-do-per-reason).

${sections.join('\n')}`;
}

/** `docs/reference/rejections.md`. */
export function rejectionsReference(): string {
  const rows = Object.entries(REJECTION_REASONS).map(([reason, meaning]) => [code(reason), meaning]);
  return `${GENERATED}# Why offers are rejected

\`status.rejections\` counts the rejected offers by reason, and shows the offer that came nearest.
An offer counts once, under the first reason that applies. \`status.hint\` says what to relax.

${table(['Reason', 'Meaning'], rows)}
`;
}
