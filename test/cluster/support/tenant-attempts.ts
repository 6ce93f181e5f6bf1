import { stringify } from 'yaml';
import { isRecord, recordAt, stringAt } from '../../../src/json.ts';
import type { JsonRecord } from '../../../src/json.ts';

/** Who refuses: RBAC, a policy, the schema; or nobody, and the attempt must come to nothing. */
export type Answer = 'rbac' | 'policy' | 'schema' | 'accepted';

/** The reason that a condition of an object has in the end. */
export interface Outcome {
  readonly object: string;
  readonly type: 'Synced' | 'Ready';
  readonly reason: string;
}

/** What one tenant tries, in namespace `red` unless the arguments say otherwise. */
export interface Attempt {
  readonly name: string;
  readonly who: 'red-view' | 'red-edit' | 'red-admin' | 'red-custom' | 'green-edit';
  readonly args: readonly string[];
  /** What `-f -` reads. `blue` is the GpuPod of the victim, as its owner sees it. */
  readonly input?: (blue: JsonRecord) => string;
  readonly answer: Answer;
  /** The object that was accepted, and the reason that a condition of it then has. */
  readonly comesTo?: Outcome;
}

export const CREATE = ['create', '-f', '-'];
/** The API server then drops fields that it does not know, as it does for clients that are not kubectl. */
export const CREATE_UNCHECKED = ['create', '--validate=false', '-f', '-'];
const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

export function gpuPod(name: string, spec: object, rest: object = {}): () => string {
  const { metadata = {}, ...others } = rest as { metadata?: object };
  return () =>
    stringify({
      apiVersion: 'gpupod.dev/v1alpha1',
      kind: 'GpuPod',
      metadata: { name, ...metadata },
      spec: { ...H100, ...spec },
      ...others,
    });
}

export function account(kind: 'GpuAccount' | 'ClusterGpuAccount', name: string, spec: object): () => string {
  return () => stringify({ apiVersion: 'gpupod.dev/v1alpha1', kind, metadata: { name }, spec });
}

/** Parts of the victim under a new name, in the namespace of the thief. */
export function copied(name: string, parts: readonly string[]): (blue: JsonRecord) => string {
  return (blue) => {
    const metadata = recordAt(blue, 'metadata');
    const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => parts.includes(key)));
    const status = parts.includes('status') ? { status: blue['status'] } : {};
    return gpuPod(name, { suspend: true }, { metadata: kept, ...status })();
  };
}

export function patch(object: string, fields: object, ...more: readonly string[]): readonly string[] {
  return ['patch', ...object.split('/'), '--type=merge', '-p', JSON.stringify(fields), ...more];
}

export function notAllowed(name: string): Outcome {
  return { object: `gpupod/${name}`, type: 'Synced', reason: 'NotAllowed' };
}

export function withoutSecret(name: string): Outcome {
  return { object: `gpupod/${name}`, type: 'Synced', reason: 'ReferenceNotFound' };
}

export function keyRef(name: string, more: object = {}): object {
  return {
    env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name, key: 'api-key', ...more } } }],
  };
}

export function podIdOf(gpuPodOfVictim: JsonRecord): string {
  return stringAt(gpuPodOfVictim['status'], 'podId') ?? '';
}

export function podNameOf(gpuPodOfVictim: JsonRecord): string {
  return stringAt(gpuPodOfVictim['status'], 'podName') ?? '';
}

/** The answer of the API server, by its words. */
export function answerOf({ code, stderr }: { readonly code: number; readonly stderr: string }): string {
  if (code === 0) return 'accepted';
  if (stderr.includes('ValidatingAdmissionPolicy')) return 'policy';
  if (/\(Forbidden\): .* (?:cannot|is attempting to grant)|forbidden: [Uu]ser /.test(stderr)) return 'rbac';
  return stderr.includes('is invalid: ') ? 'schema' : stderr;
}

/** Parses what `kubectl get -o json` printed. */
export function parseObject(text: string): JsonRecord {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new Error(`no object: ${text}`);
  return value;
}
