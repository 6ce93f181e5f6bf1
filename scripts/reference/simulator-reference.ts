import type { DescribedField } from '../../src/simulator/reference/described-fields.ts';
import { simulatorReference } from '../../src/simulator/reference/reference.ts';
import { code, GENERATED, table } from './markdown.ts';

/** `docs/reference/simulator.md`. */
export function simulatorPage(): string {
  const { settings, podRule, faultRule, faults, control, operations } = simulatorReference();
  const faultRows = faults.map(({ kind, fields, description }) => [
    code(kind),
    fields.map(({ name, isRequired }) => code(isRequired ? name : `${name}?`)).join(', '),
    description,
  ]);
  return `${GENERATED}# Simulator

For how to use it, see [the simulator](../development/simulator.md). The same lists are printed by ${code('npm run --silent simulator -- --help')}.

## Settings

For ${code('--set')}, ${code('--settings')} and ${code('POST /_simulator/settings')}. "Open" marks a setting for which nobody has published how the real service behaves; its default is the likelier behaviour.

${fieldTable(settings)}

### Pod rules

The fields of each entry of ${code('podRules')}.

${fieldTable(podRule)}

## Faults

For ${code('--faults')} and ${code('POST /_simulator/faults')}. A rule says to which requests a fault applies. Without any condition it applies to every request, until it is removed.

${fieldTable(faultRule)}

### Kinds of faults

${table(['Kind', 'Fields', 'What happens'], faultRows)}

## Control endpoints

Without a key, and from this host only.

${table(
  ['Request', 'What it does'],
  control.map(({ method, path, does }) => [code(`${method} ${path}`), does]),
)}

## The simulated API

${table(
  ['Request', 'Permission of the key'],
  operations.map(({ method, path, scope }) => [code(`${method} ${path}`), scope ?? '']),
)}
`;
}

function fieldTable(fields: readonly DescribedField[]): string {
  const rows = fields.map(({ name, type, defaultText, isRequired, description }) => [
    code(name) + (isRequired ? ' (required)' : ''),
    type,
    defaultText === undefined ? '' : code(defaultText),
    description,
  ]);
  return table(['Name', 'Type', 'Default', 'Meaning'], rows);
}
