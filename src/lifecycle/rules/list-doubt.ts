import type { Observation } from '../observation.ts';
import type { ConditionDrafts } from '../status/draft.ts';

/** The Synced draft of a rule that waits for a complete list and cannot get one: which wallet fails, and why. */
export function listDoubt({ inventory }: Pick<Observation, 'inventory'>): Pick<ConditionDrafts, 'Synced'> {
  const doubt = inventory?.doubt;
  return doubt === undefined ? {} : { Synced: [doubt.reason, doubt.message] };
}

/** A sentence on what keeps lists from proving that a create request created nothing; empty if nothing does. */
export function absenceDoubt(observation: Pick<Observation, 'inventory'>): string {
  const doubt = observation.inventory?.doubt;
  if (doubt !== undefined) {
    return ` ${doubt.message}`;
  }
  const row = unreadableRow(observation);
  return row === undefined ? '' : ` Check at the provider: ${row}.`;
}

/** A row that may be about any instance, described for a person; undefined if there is none. */
export function unreadableRow({ inventory }: Pick<Observation, 'inventory'>): string | undefined {
  const [nameless] = inventory?.nameless ?? [];
  if (nameless !== undefined) {
    return `instance ${nameless.podId} has no readable name and may be it`;
  }
  return (inventory?.unidentified ?? 0) > 0 ? 'the list has a row without an ID, which may be it' : undefined;
}
