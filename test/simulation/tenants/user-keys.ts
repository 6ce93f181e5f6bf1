import { judgeKeys, judgeKeysAtEnd, plantKeys } from '../key-oracle.ts';
import type { Simulation } from '../simulation.ts';
import type { PlannedAccount } from './planned.ts';

/** Keys of a person and of another installation in the account of each user. */
export function plantUserKeys(simulation: Simulation, users: readonly string[]): void {
  for (const user of users) plantKeys(simulation, user);
}

/** Two processes that lead at once may register a key twice. Both registrations go in the end. */
export function judgeUserKeys(simulation: Simulation, users: readonly string[], mayBeTwice: boolean): void {
  for (const user of users) judgeKeys(simulation, user, mayBeTwice);
}

/** Users whose key the cluster still has have no key of the operator left. */
export function judgeUserKeysAtEnd(
  simulation: Simulation,
  users: readonly string[],
  accounts: readonly PlannedAccount[],
): void {
  const known = users.filter((user) => user === 'user_1' || accounts.some(({ userId }) => userId === user));
  for (const user of known) judgeKeysAtEnd(simulation, user);
}
