import { apiErrorMessage } from '../client/api-errors.ts';
import { objectKey } from '../objects.ts';
import type { KubernetesObject, RawObject } from '../objects.ts';
import type { ReflectorOptions } from './reflector-options.ts';

/** One bad object must not stop the others: it is reported, and its last version stays. */
export function decodeOrReport<T extends KubernetesObject>(
  { decode, log, path }: Pick<ReflectorOptions<T>, 'decode' | 'log' | 'path'>,
  raw: RawObject,
): T | undefined {
  try {
    return decode(raw);
  } catch (error) {
    log.error({ path, key: objectKey(raw), error: apiErrorMessage(error) }, 'failed to parse an object');
    return undefined;
  }
}
