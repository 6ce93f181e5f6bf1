import { CONDITION_TYPES, REASONS } from '../../src/api/conditions.ts';
import { REJECTION_REASONS } from '../../src/offers/rejections.ts';
import { code, GENERATED, table } from './markdown.ts';

const TYPE_MEANINGS: Readonly<Record<keyof typeof REASONS, string>> = {
  Ready: 'Whether the machine can be used.',
  Synced: 'Whether the operator could do all that was to be done.',
  OfferSelected: 'Whether an offer was chosen, and why. It stays as it was while the machine is rented.',
  Provisioned: 'Whether a machine came of the order.',
  Reconciling: 'Present only while the operator is on its way to what the spec asks for.',
  Stalled: 'Present only while nothing goes on until a person acts.',
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

Types and reasons are closed lists, and tools may build on them. Messages are for people, and may change.
\`status.phase\` is computed from the conditions for the table of \`kubectl get\`; do not build on it.
For what to do about each reason, see [troubleshooting](../how-to/troubleshoot.md#what-to-do-per-reason).

${sections.join('\n')}`;
}

/** `docs/reference/rejections.md`. */
export function rejectionsReference(): string {
  const rows = Object.entries(REJECTION_REASONS).map(([reason, meaning]) => [code(reason), meaning]);
  return `${GENERATED}# Why offers are not taken

\`status.rejections\` counts the offers that were not taken by these reasons, with the one that came nearest.
An offer is counted once, under the first reason that it meets. \`status.hint\` says what to relax.

${table(['Reason', 'Meaning'], rows)}
`;
}
