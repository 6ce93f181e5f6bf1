import type { Observation } from '../observation.ts';
import type { ConditionDrafts } from '../status/draft.ts';

/** What a rule that waits for a complete list says where none comes: which wallet cannot be listed, and why. */
export function listDoubt({ inventory }: Pick<Observation, 'inventory'>): Pick<ConditionDrafts, 'Synced'> {
  const doubt = inventory?.doubt;
  return doubt === undefined ? {} : { Synced: [doubt.reason, doubt.message] };
}

/** What keeps complete lists from proving that an order came to nothing; empty where nothing does. */
export function absenceDoubt(observation: Pick<Observation, 'inventory'>): string {
  const doubt = observation.inventory?.doubt;
  if (doubt !== undefined) {
    return ` ${doubt.message}`;
  }
  const row = unreadableRow(observation);
  return row === undefined ? '' : ` Check at the provider: ${row}.`;
}

/** A row of the list that does not say whose instance it is about, and may be about any. */
export function unreadableRow({ inventory }: Pick<Observation, 'inventory'>): string | undefined {
  const [nameless] = inventory?.nameless ?? [];
  if (nameless !== undefined) {
    return `instance ${nameless.podId} has no readable name and may be it`;
  }
  return (inventory?.unidentified ?? 0) > 0 ? 'the list has a row without an ID, which may be it' : undefined;
}
