import { simulatorReference } from './reference.ts';
import type { DescribedField } from './described-fields.ts';

/** What `--help` prints below the options. */
export function helpText(): string {
  const { settings, faults, faultRule, control, operations } = simulatorReference();
  return `
Settings, for --set and --settings:
${settings.map(settingLine).join('\n')}

Faults, for --faults and POST /_simulator/faults, as {"effect": {"kind": …}} with any of ${faultRule
    .map(({ name }) => name)
    .filter((name) => name !== 'effect')
    .join(', ')}:
${faults.map(({ kind, fields, description }) => `  ${call(kind, fields)}  ${description}`).join('\n')}

Control, from this host only and without a key:
${control.map(({ method, path, does }) => `  ${method} ${path}  ${does}`).join('\n')}

The simulated API:
${operations.map(({ method, path }) => `  ${method} ${path}`).join('\n')}

Examples:
  --set slash=Direct --set 'walletUsd={user_1: 5}'
  curl -d '{"method": "POST", "path": "/pods/", "times": 1, "effect": {"kind": "ResetAfter"}}' http://127.0.0.1:18080/_simulator/faults
`;
}

function settingLine({ name, defaultText = '', type, description }: DescribedField): string {
  return `  ${name} = ${defaultText}  (${type}) ${description}`;
}

function call(kind: string, fields: readonly DescribedField[]): string {
  const names = fields.map(({ name, isRequired }) => (isRequired ? name : `${name}?`));
  return names.length === 0 ? kind : `${kind} {${names.join(', ')}}`;
}
