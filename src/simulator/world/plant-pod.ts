import * as z from 'zod';
import { POD_STATUSES } from './enums.ts';
import type { Pod } from './pod.ts';
import { effectiveSizes, totalPricePerHour } from './price.ts';
import type { World } from './world.ts';

/** An instance that no request created: a foreign one, or one that the operator has no record of. */
export const plantSchema = z.strictObject({
  name: z.string(),
  userId: z.string().optional().describe('default: the first account'),
  teamId: z.string().nullable().default(null),
  status: z.enum(POD_STATUSES).default('ACTIVE'),
  cloudId: z.string().optional().describe('default: the first offer'),
});

type PlantInput = z.input<typeof plantSchema>;

/** Plants an instance and returns it. */
export function plantPod(world: World, input: PlantInput): Pod {
  const wanted = plantSchema.parse(input);
  const offer = world.offers
    .all()
    .find((row) => wanted.cloudId === undefined || row.cloudId === wanted.cloudId);
  const userId = wanted.userId ?? world.settings.accounts[0]?.userId;
  if (offer === undefined || userId === undefined) {
    throw new Error('no offer or no account to plant an instance with');
  }
  const sizes = effectiveSizes(offer, { diskSize: null, vcpus: null, memory: null });
  return world.pods.create({
    name: wanted.name,
    userId,
    teamId: wanted.teamId,
    sharedWithTeam: false,
    offer,
    sizes,
    image: 'ubuntu_22_cuda_12',
    customTemplateId: null,
    autoRestart: false,
    diskIds: [],
    installedKey: world.sshKeys.installed(userId),
    maxPrice: null,
    request: null,
    origin: 'Planted',
    usdPerHour: totalPricePerHour(offer, sizes),
    forced: { status: wanted.status },
  });
}
