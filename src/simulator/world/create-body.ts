import * as z from 'zod';
import { IMAGES, SECURITIES, SOCKETS } from './enums.ts';
import type { PodSizes } from './price.ts';

const optionalCount = z.int().positive().nullish();

/**
 * The body of POST /pods/. `pod` is closed, but the outer object is not: the API ignores a misspelled key
 * there. Every optional field accepts null, because the official CLI sends null for all that it does not
 * set.
 */
export const createBodySchema = z.looseObject({
  pod: z.strictObject({
    name: z.string().nullish(),
    cloudId: z.string(),
    gpuType: z.string(),
    socket: z.enum(SOCKETS),
    gpuCount: z.int().positive(),
    diskSize: optionalCount,
    vcpus: optionalCount,
    memory: optionalCount,
    maxPrice: z.number().nullish(),
    image: z.enum(IMAGES).nullish(),
    customTemplateId: z.string().nullish(),
    dataCenterId: z.string().nullish(),
    country: z.string().nullish(),
    security: z.enum(SECURITIES).nullish(),
    envVars: z.array(z.strictObject({ key: z.string(), value: z.string() })).nullish(),
    jupyterPassword: z.string().nullish(),
    sshKeyId: z.string().nullish(),
    autoRestart: z.boolean().nullish(),
    prepaidForHr: z.number().positive().nullish(),
  }),
  provider: z.looseObject({ type: z.string() }),
  disks: z.array(z.string()).nullish(),
  team: z.looseObject({ teamId: z.string() }).nullish(),
  shared_with_team: z.boolean().nullish(),
  sharedWithTeam: z.boolean().nullish(),
});

export type CreateBody = z.infer<typeof createBodySchema>;

/** The sizes that the body requests, or null for each that the offer decides. */
export function requestedSizes({ pod }: CreateBody): PodSizes {
  return { diskSize: pod.diskSize ?? null, vcpus: pod.vcpus ?? null, memory: pod.memory ?? null };
}
