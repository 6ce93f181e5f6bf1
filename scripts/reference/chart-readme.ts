import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isMap, isPair, isScalar, parseDocument } from 'yaml';
import type { Pair } from 'yaml';
import { code, GENERATED, table } from './markdown.ts';

const CHART = path.resolve(import.meta.dirname, '../../charts/gpupod-operator');

export const CHART_README = 'charts/gpupod-operator/README.md';

/** The chart's README: what it is, how to install it, and each value with its default and its comment. */
export function chartReadme(): string {
  const { contents } = parseDocument(readFileSync(`${CHART}/values.yaml`, 'utf8'));
  if (!isMap(contents)) {
    throw new TypeError('values.yaml is not a map');
  }
  const [first] = contents.items;
  const rows = contents.items.flatMap((pair) =>
    rowsOf(pair, '', pair === first ? contents.commentBefore : ''),
  );
  return `${GENERATED}# gpupod-operator

Rents a GPU instance at Prime Intellect for each GpuPod, and terminates it with its GpuPod.

\`\`\`sh
helm install gpupod-operator charts/gpupod-operator \\
  --namespace gpupod-system --create-namespace \\
  --set image.repository=registry.example.com/gpupod-operator
kubectl -n gpupod-system create secret generic prime-api-key --from-literal=api-key=<your key>
\`\`\`

Add \`--set simulator.enabled=true\` to try it without a key and without cost. The repository's \`docs/how-to/install.md\`
describes installation and upgrades, and \`docs/reference/settings.md\` lists all \`settings\`.

## Values

${table(['Value', 'Default', 'Meaning'], rows)}
`;
}

/** A section is a row of its own if it has a comment; then come its values. */
function rowsOf(pair: Pair, prefix: string, ownComment?: string | null): readonly (readonly string[])[] {
  const { key, value } = pair;
  if (!isScalar(key)) {
    throw new TypeError('a key of values.yaml is not a text');
  }
  const name = `${prefix}${String(key.value)}`;
  const meaning = textOf(key.commentBefore ?? ownComment);
  if (!isMap(value) || value.flow === true || value.items.length === 0) {
    return [[code(name), code(defaultOf(value)), meaning]];
  }
  const [first] = value.items;
  const values = value.items
    .filter((one) => isPair(one))
    .flatMap((one) => rowsOf(one, `${name}.`, one === first ? value.commentBefore : ''));
  return meaning === '' ? values : [[code(name), '', meaning], ...values];
}

function textOf(comment: string | null | undefined): string {
  return (comment ?? '').replaceAll(/\n\s*/g, ' ').trim();
}

function defaultOf(value: unknown): string {
  const plain: unknown =
    typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function'
      ? (value.toJSON as () => unknown)()
      : value;
  return JSON.stringify(plain);
}
