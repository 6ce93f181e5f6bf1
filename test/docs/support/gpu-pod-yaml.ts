import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { gpuPodFields } from '../../../scripts/reference/gpu-pod-reference.ts';
import { API_VERSION, KIND } from '../../../src/api/common/names.ts';
import { GpuPodSpec } from '../../../src/api/gpupod/spec.ts';

const Head = z.looseObject({ kind: z.string() });
const GpuPod = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(KIND),
  metadata: z.object({ name: z.string() }),
  spec: GpuPodSpec,
});
/** Every field of a GpuPod as a path: `spec.env[].name`. */
export const fieldPaths: ReadonlySet<string> = new Set(gpuPodFields().map(({ path }) => path));

/** The GpuPods of a YAML stream, as they were written. */
export function gpuPodsIn(yaml: string): readonly Record<string, unknown>[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    const head = Head.safeParse(document.toJS());
    return head.success && head.data.kind === KIND ? [head.data] : [];
  });
}

/** What the operator would reject, or silently drop. A misspelled field costs money. */
export function problemsOf(gpuPod: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = GpuPod.safeParse(gpuPod);
  const unknown = pathsOf(gpuPod['spec'], 'spec').filter((path) => !fieldPaths.has(path));
  return [
    ...unknown.map((path) => `${path} is no field`),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
  ];
}

function pathsOf(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown) => pathsOf(item, `${path}[]`));
  }
  const fields = z.record(z.string(), z.unknown()).safeParse(value);
  return Object.entries(fields.data ?? {}).flatMap(([name, field]) => [
    `${path}.${name}`,
    ...pathsOf(field, `${path}.${name}`),
  ]);
}
