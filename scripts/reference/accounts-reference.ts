import { accountReason, ACCOUNT_REASONS } from '../../src/api/gpuaccount/conditions.ts';
import type { AccountReason } from '../../src/api/gpuaccount/conditions.ts';
import { accountCrd } from '../../src/api/gpuaccount/crd.ts';
import { ACCOUNT_PLURALS, API_VERSION } from '../../src/api/common/names.ts';
import { isRecord, recordAt } from '../../src/json.ts';
import { fieldTable } from './field-table.ts';
import { code, GENERATED, table } from './markdown.ts';
import { fieldsBelow, Schema } from './schema-fields.ts';
import type { Field } from './schema-fields.ts';

/** Every field of an account as a path: `spec.apiKeySecretRef.name`. */
export function accountFields(): readonly Field[] {
  return fieldsOf('ClusterGpuAccount');
}

/** `docs/reference/accounts.md`. */
export function accountsReference(): string {
  // Every field of a GpuAccount is one of a ClusterGpuAccount as well.
  const shared = fieldsOf('GpuAccount');
  const names = new Set(shared.map(({ path }) => path));
  const ofCluster = fieldsOf('ClusterGpuAccount').filter(({ path }) => !names.has(path));
  const below = (part: string, isShared: boolean): string =>
    fieldTable((isShared ? shared : ofCluster).filter(({ path }) => path.startsWith(`${part}.`)));
  const rows = (Object.keys(ACCOUNT_REASONS) as AccountReason[]).map((reason) => {
    const { status, progress = '', meaning } = accountReason(reason);
    return [code(reason), status, progress, meaning];
  });
  return `${GENERATED}# GpuAccount and ClusterGpuAccount

${code(API_VERSION)}, plurals ${code(ACCOUNT_PLURALS.GpuAccount)} and ${code(ACCOUNT_PLURALS.ClusterGpuAccount)}, short names ${code('gacc')} and ${code('cgacc')}.
A GpuAccount is namespaced; its Secret is in the same namespace. A ClusterGpuAccount is cluster-scoped; its Secret is in the operator's own namespace.
The operator serves them unless [${code('--gpu-accounts')}](settings.md) says otherwise. For how to use them, see [give each team its own wallet](../how-to/accounts.md).

## spec of both

For a ClusterGpuAccount, read "the operator's own namespace" where this table says "the namespace of the GpuAccount".

${below('spec', true)}

## spec of a ClusterGpuAccount alone

${below('spec', false)}

## status

Only the operator writes it.

${below('status', true)}

## status of a ClusterGpuAccount alone

What its limits count is more: also retained and orphaned instances, and create requests under way. ${code('kubectl describe clustergpuaccount <name>')} shows it.

${below('status', false)}

## Reasons of Ready

The third column is the other condition that is set with the same reason.

${table(['Reason', 'Status', 'With', 'Meaning'], rows)}
`;
}

function fieldsOf(kind: 'GpuAccount' | 'ClusterGpuAccount'): readonly Field[] {
  const { versions } = recordAt(accountCrd(kind), 'spec');
  const [version] = Array.isArray(versions) ? (versions as readonly unknown[]) : [];
  const schema = recordAt(isRecord(version) ? version['schema'] : undefined, 'openAPIV3Schema');
  return fieldsBelow('', Schema.parse(schema)).map((field) => ({ ...field, path: field.path.slice(1) }));
}
