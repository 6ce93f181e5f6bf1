import * as z from 'zod';
import { isRecord } from '../../json.ts';
import { normalFormTest } from '../common/normal-form.ts';
import { oncePerObject } from '../common/once-per-object.ts';
import { ANNOTATIONS, API_VERSION, FINALIZER, KIND } from '../common/names.ts';
import { RecentValues } from '../common/recent-values.ts';
import { SharedValues } from '../common/shared-values.ts';
import { truncateMessage } from './conditions.ts';
import { GpuPodSpec } from './spec.ts';
import { FRESH_STATUS, GpuPodStatus } from './status.ts';

/** The metadata that the operator reads; it does not touch any other. */
const ObjectMeta = z.object({
  name: z.string().min(1),
  namespace: z.string().min(1),
  uid: z.string().min(1),
  resourceVersion: z.string().min(1),
  generation: z.int().min(0),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  finalizers: z.array(z.string()).default([]),
  annotations: z.record(z.string(), z.string()).default({}),
});

const Spec = GpuPodSpec.transform(withoutEmptyLists);
const Status = GpuPodStatus.catch(({ value }) => readableStatus(value)).default(FRESH_STATUS);
const GpuPod = z.object({ metadata: ObjectMeta, spec: Spec, status: Status });

const isNormalMetadata = normalFormTest(ObjectMeta);
export const isNormalStatus = normalFormTest(GpuPodStatus);

/** A GpuPod as the operator works with it: validated, with defaults. */
export type GpuPod = z.output<typeof GpuPod>;

export type ParsedGpuPod =
  { readonly kind: 'ok'; readonly gpuPod: GpuPod } | { readonly kind: 'invalid'; readonly problems: string };

/**
 * Parses what the API server sent. It fails only if the installed CRD is not that of this version; then the result
 * names the problems, and the operator does nothing with the GpuPod. Each version of an object is parsed once.
 */
export function parseGpuPod(object: object): ParsedGpuPod {
  return object instanceof KeptGpuPod ? { kind: 'ok', gpuPod: object } : parsedOnce(object);
}

/** A GpuPod in the watch cache: in the form that the operator works with, and in no other. */
class KeptGpuPod implements GpuPod {
  readonly apiVersion = API_VERSION;
  readonly kind = KIND;
  readonly metadata: GpuPod['metadata'];
  readonly spec: GpuPod['spec'];
  readonly status: GpuPod['status'];

  constructor({ metadata, spec, status }: GpuPod) {
    // Most of the metadata is in no other object, and equal specs are shared already.
    const { namespace, finalizers } = metadata;
    this.metadata = { ...metadata, ...shared.share({ namespace, finalizers }) };
    this.spec = spec;
    this.status = shared.share(status);
  }
}

const shared = new SharedValues();

/**
 * The form of a GpuPod for the watch cache. `parseGpuPod` returns it as it is, so the cache holds no second form of it.
 * A GpuPod that cannot be parsed stays as it is, so that whoever reads it sees the problems.
 */
export function keptGpuPod<T extends object>(object: T): T | KeptGpuPod {
  const parsed = parse(object);
  return parsed.kind === 'ok' ? new KeptGpuPod(parsed.gpuPod) : object;
}

const parsedOnce = oncePerObject(parse);

function parse(object: object): ParsedGpuPod {
  const gpuPod = parseParts(object);
  if (gpuPod !== undefined) {
    return { kind: 'ok', gpuPod };
  }
  const parsed = GpuPod.safeParse(object);
  return parsed.success
    ? { kind: 'ok', gpuPod: parsed.data }
    : { kind: 'invalid', problems: describeProblems(parsed.error) };
}

/** Specs recur, because many GpuPods come from one template. */
const specs = new RecentValues<z.ZodSafeParseResult<GpuPod['spec']>>({ maxTextChars: 4_096, maxValues: 100 });

/**
 * Parses only what is not known and not in normal form, such as what the operator wrote itself. Undefined if metadata
 * or spec are invalid: parsed as a whole, the GpuPod names all problems.
 */
function parseParts(object: object): GpuPod | undefined {
  const { metadata, spec, status } = members(object);
  const text = spec === undefined ? '' : JSON.stringify(spec);
  const parsed = specs.use(text, () => Spec.safeParse(spec));
  const meta = isNormalMetadata(metadata) ? metadata : ObjectMeta.safeParse(metadata).data;
  return parsed.success && meta !== undefined
    ? { metadata: meta, spec: parsed.data, status: isNormalStatus(status) ? status : Status.parse(status) }
    : undefined;
}

function members(object: object): Readonly<Record<string, unknown>> {
  return isRecord(object) ? object : {};
}

export function isDeleting(gpuPod: GpuPod): boolean {
  return gpuPod.metadata.deletionTimestamp !== undefined;
}

export function isPaused(gpuPod: GpuPod): boolean {
  return gpuPod.metadata.annotations[ANNOTATIONS.paused] === 'true';
}

export function hasFinalizer(gpuPod: GpuPod): boolean {
  return gpuPod.metadata.finalizers.includes(FINALIZER);
}

/** A deleted GpuPod without the operator's finalizer: the operator does nothing more for it, whatever else holds it. */
export function isReleased(gpuPod: GpuPod): boolean {
  return isDeleting(gpuPod) && !hasFinalizer(gpuPod);
}

/**
 * Parses an invalid status field by field and drops what is not valid. A later version may have written it, and the ID of
 * the instance must not be lost because of another field.
 */
function readableStatus(value: unknown): GpuPodStatus {
  const fields = Object.entries(GpuPodStatus.shape).flatMap(([key, field]) => {
    const parsed = parseEntries(field, isRecord(value) ? value[key] : undefined);
    return parsed.success && parsed.data !== undefined ? [[key, parsed.data] as const] : [];
  });
  return { ...FRESH_STATUS, ...Object.fromEntries(fields) };
}

/** Parses a field, and of an invalid list the entries that are valid. */
function parseEntries(field: z.ZodType, value: unknown): z.ZodSafeParseResult<unknown> {
  const parsed = field.safeParse(value);
  return parsed.success || !Array.isArray(value)
    ? parsed
    : field.safeParse(value.filter((entry: unknown) => field.safeParse([entry]).success));
}

/** Drops empty lists, so that no other code has to treat them like absent ones. */
function withoutEmptyLists<T extends object>(value: T): T {
  const kept = Object.entries(value).filter(([, inner]) => !Array.isArray(inner) || inner.length > 0);
  return Object.fromEntries(
    kept.map(([key, inner]) => [key, isRecord(inner) ? withoutEmptyLists(inner) : inner]),
  ) as T;
}

/** All problems, as far as they fit into a message. */
function describeProblems({ issues }: z.ZodError): string {
  return truncateMessage(issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}
