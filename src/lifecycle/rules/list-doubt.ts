import type { Knowledge } from '../knowledge.ts';
import type { Claims } from '../status/draft.ts';

/** What a rule that waits for a complete list says where none comes: which wallet cannot be listed, and why. */
export function listDoubt({ census }: Pick<Knowledge, 'census'>): Pick<Claims, 'Synced'> {
  const doubt = census?.doubt;
  return doubt === undefined ? {} : { Synced: [doubt.reason, doubt.message] };
}

/** What keeps complete lists from proving that an order came to nothing; empty where nothing does. */
export function absenceDoubt({ census }: Pick<Knowledge, 'census'>): string {
  if (census?.doubt !== undefined) {
    return ` ${census.doubt.message}`;
  }
  const [nameless] = census?.nameless ?? [];
  if (nameless !== undefined) {
    return ` Pod ${nameless.podId} has no name that can be read, and may be it.`;
  }
  return (census?.unidentified ?? 0) > 0
    ? ' The list has a row without an id, which may be it: look at the provider.'
    : '';
}
