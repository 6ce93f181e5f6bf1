import type { UninstallRow } from './uninstall-row.ts';
import { uninstallCost, uninstallTable } from './uninstall-table.ts';

/** What an uninstallation does while the operator is still needed. */
export type UninstallPolicy = 'Refuse' | 'Retain' | 'Terminate';

export interface UninstallVerdict {
  /** Whether the uninstallation may go on. */
  readonly isAllowed: boolean;
  /** What happened, what it costs, what to do. */
  readonly text: string;
}

/** Where the check looks, and what an uninstallation deletes after it. */
export interface UninstallScope {
  /** None: all namespaces. */
  readonly namespaces: readonly string[];
  /** Whether the CRD is deleted as well. That deletion waits for the finalizer of every GpuPod. */
  readonly deletesCrd: boolean;
}

/** GpuPods that keep the operator needed. */
function openRows(rows: readonly UninstallRow[]): readonly UninstallRow[] {
  return rows.filter(({ state }) => state !== 'idle');
}

/** GpuPods without an instance that would hold up the deletion of the CRD, because only the operator releases them. */
function holdingRows(rows: readonly UninstallRow[]): readonly UninstallRow[] {
  return rows
    .filter(({ state, hasFinalizer }) => state === 'idle' && hasFinalizer)
    .map((row) => ({ ...row, note: 'no instance, but its finalizer holds up the deletion of the CRD' }));
}

/** The verdict of the policies that change nothing. */
export function judgeUninstall(
  rows: readonly UninstallRow[],
  policy: Exclude<UninstallPolicy, 'Terminate'>,
  scope: UninstallScope,
): UninstallVerdict {
  const open = openRows(rows);
  const holding = scope.deletesCrd ? holdingRows(rows) : [];
  if (open.length + holding.length === 0) {
    return {
      isAllowed: true,
      text: 'No GpuPod has an instance or waits for one. The uninstallation goes on.',
    };
  }
  // Without the CRD no record would be left to retain.
  return policy === 'Retain' && !scope.deletesCrd ? retained(open) : refused(open, holding, scope);
}

function refused(
  open: readonly UninstallRow[],
  holding: readonly UninstallRow[],
  { namespaces, deletesCrd }: UninstallScope,
): UninstallVerdict {
  const scopes =
    namespaces.length === 0 ? ['--all-namespaces'] : namespaces.map((one) => `--namespace ${one}`);
  const commands = scopes.map((scope) => `kubectl delete gpupods --all ${scope}`).join(' && ');
  const rows = [...open, ...holding];
  return {
    isAllowed: false,
    text: paragraphs(
      `Refused to uninstall: ${whyRefused(open, holding).join(' ')}`,
      uninstallTable(rows),
      uninstallCost(rows),
      [
        'Nothing was deleted. Do one of these:',
        `- ${open.length === 0 ? 'Delete the GpuPods' : 'Terminate the instances'}: ${commands}. Wait until the GpuPods are gone, then uninstall again.`,
        deletesCrd
          ? '- Keep the GpuPods and the CRD: set crds.keep to true, then uninstall again. Without this check (helm uninstall --no-hooks) the deletion of the CRD waits for an operator.'
          : '- Leave the instances running and billing: helm uninstall --no-hooks.',
        `The value uninstall.policy does ${deletesCrd ? 'the first with Terminate' : 'either without asking: Terminate or Retain'}. Until you uninstall again, the operator works as before, but Helm calls the release uninstalling: run helm rollback to its last revision before helm upgrade.`,
      ].join('\n'),
      retainNote(open),
    ),
  };
}

function whyRefused(open: readonly UninstallRow[], holding: readonly UninstallRow[]): readonly string[] {
  const mayBill = `${count(open)} may have an instance or get one, and without the operator nobody terminates it.`;
  const holdsUp = `${count(holding)} without an instance still ${holding.length === 1 ? 'has' : 'have'} the finalizer of the operator, and without the operator the deletion of the CRD never ends.`;
  return [...(open.length === 0 ? [] : [mayBill]), ...(holding.length === 0 ? [] : [holdsUp])];
}

function retained(open: readonly UninstallRow[]): UninstallVerdict {
  return {
    isAllowed: true,
    text: paragraphs(
      `The uninstallation goes on, because uninstall.policy is Retain. ${count(open)} may have an instance or get one, and nobody terminates it.`,
      uninstallTable(open),
      uninstallCost(open),
      'To terminate them, install the operator again into the same namespace and delete the GpuPods, or terminate them at the provider. Keep the CRD, the GpuPods and the ConfigMaps gpupod-operator-installation and gpupod-operator-retained: they are the record of these instances.',
    ),
  };
}

/** After a deletion of all GpuPods: what is left when the time is up, or when waiting cannot help. */
export function judgeTermination(
  left: readonly UninstallRow[],
  retainedRows: readonly UninstallRow[],
  why: string,
): UninstallVerdict {
  const kept = retainedRows.length === 0 ? undefined : keptRunning(retainedRows);
  if (left.length === 0) {
    return {
      isAllowed: true,
      text: paragraphs(
        'All GpuPods are deleted, and the operator released each one. The uninstallation goes on.',
        kept,
      ),
    };
  }
  return {
    isAllowed: false,
    text: paragraphs(
      `Refused to uninstall: ${count(left)} left after the deletion. ${why}`,
      uninstallTable(left),
      uninstallCost(left),
      'The operator keeps working, and nothing of it was deleted. Read the condition Synced of these GpuPods, then uninstall again. helm uninstall --no-hooks skips this check, and their instances then keep billing.',
      kept,
    ),
  };
}

/** One line while the operator terminates. */
export function terminationProgress(left: readonly UninstallRow[]): string {
  return `Waiting for ${count(left)} to be deleted. ${uninstallCost(left)}`;
}

function keptRunning(rows: readonly UninstallRow[]): string {
  return paragraphs(
    `${count(rows)} had deletionPolicy Retain: the instance keeps running and billing. The ConfigMap gpupod-operator-retained lists it; terminate it at the provider.`,
    uninstallTable(rows),
    uninstallCost(rows),
  );
}

function retainNote(open: readonly UninstallRow[]): string | undefined {
  return open.some(({ isRetained }) => isRetained)
    ? 'A GpuPod with deletionPolicy Retain leaves its instance running when it is deleted: terminate that at the provider, or set deletionPolicy to Delete first.'
    : undefined;
}

function count({ length }: readonly UninstallRow[]): string {
  return length === 1 ? '1 GpuPod' : `${length} GpuPods`;
}

function paragraphs(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('\n\n');
}
