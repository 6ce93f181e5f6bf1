import { recordAt, stringAt } from '../../../src/json.ts';

/** The name in a create request; empty for a body that is none. */
export function podNameOf(bodyText: string): string {
  return stringAt(recordAt(parsed(bodyText), 'pod'), 'name') ?? '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
