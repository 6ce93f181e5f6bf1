import { GPU_TYPES, PROVIDERS } from '../world/enums.ts';
import type { World } from '../world/world.ts';
import type { InvalidParam } from './answer.ts';

type NamedBy = 'gpuType' | 'provider';

const DOCUMENTED: Record<NamedBy, readonly string[]> = { gpuType: GPU_TYPES, provider: PROVIDERS };

/** A name that is neither documented nor on offer. The API's enums are closed, so it refuses such a name. */
export function unknownName(
  world: World,
  kind: NamedBy,
  name: string | undefined,
  param: string,
): InvalidParam[] {
  const isKnown =
    name === undefined ||
    !world.settings.strictEnums ||
    DOCUMENTED[kind].includes(name) ||
    world.offers.all().some((offer) => offer[kind] === name);
  if (isKnown) {
    return [];
  }
  return [{ param, details: `Input should be ${DOCUMENTED[kind].map((known) => `'${known}'`).join(', ')}` }];
}
