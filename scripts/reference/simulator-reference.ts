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

For ${code('--set')}, ${code('--settings')} and ${code('POST /_simulator/settings')}. "Open" marks what nobody has published about the real service: the default is the likelier reading.

${fieldTable(settings)}

### Pod rules

The fields of each entry of ${code('podRules')}.

${fieldTable(podRule)}

## Faults

For ${code('--faults')} and ${code('POST /_simulator/faults')}. A rule says on which requests a fault comes; without any condition it comes on every request, until it is taken back.

${fieldTable(faultRule)}

### Kinds of faults

${table(['Kind', 'Beside it', 'What happens'], faultRows)}

## Control endpoints

Without a key, and from this machine only.

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
