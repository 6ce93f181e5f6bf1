import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';

const KIB = 1_024;

/** The most that the schema lets `env` hold: 64 variables, and 32 KiB of values. */
const LARGEST_ENV = Array.from({ length: 64 }, (_, index) => ({
  name: `V${String(index)}_`.padEnd(128, 'n'),
  value: 'x'.repeat(512),
}));

export const FLOOD_SPEC: Partial<GpuPodSpecInput> = { suspend: true, env: LARGEST_ENV };

/** Annotations near the most that the API server stores for one object, by what they hope for. */
export function floodAnnotations(index: number, stolenIntent: string): Record<string, string> {
  const kinds: readonly Record<string, string>[] = [
    { [ANNOTATIONS.intent]: stolenIntent, 'gpupod.dev/junk': 'x'.repeat(200 * KIB) },
    { [ANNOTATIONS.intent]: `{"v":1,"padding":"${'x'.repeat(200 * KIB)}"}` },
    {
      [ANNOTATIONS.intent]: stolenIntent.replace('"attempt":1', '"attempt":9'),
      'example.com/junk': 'x'.repeat(200 * KIB),
    },
    { [ANNOTATIONS.reconcileRequestedAt]: `${String(index)}${'x'.repeat(200 * KIB)}` },
    Object.fromEntries(
      Array.from({ length: 800 }, (_, at) => [`gpupod.dev/junk-${String(at)}`, 'x'.repeat(200)]),
    ),
    { [ANNOTATIONS.forceRelease]: 'x'.repeat(100 * KIB), [ANNOTATIONS.confirmAbsent]: 'x'.repeat(100 * KIB) },
  ];
  return kinds[index % kinds.length] ?? {};
}
