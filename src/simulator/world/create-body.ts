import { z } from 'zod';
import { IMAGES, SECURITIES, SOCKETS } from './enums.ts';
import type { PodSizes } from './price.ts';

const optionalCount = z.int().positive().nullish();

/**
 * The body of POST /pods/. `pod` is closed, the outer object is not: a wrongly spelled key there is ignored.
 * Every optional field takes an explicit null, since the official CLI sends one for all that it does not set.
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

/** The sizes that the body asks for; null for each that is left to the offer. */
export function requestedSizes({ pod }: CreateBody): PodSizes {
  return { diskSize: pod.diskSize ?? null, vcpus: pod.vcpus ?? null, memory: pod.memory ?? null };
}
