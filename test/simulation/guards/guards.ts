import { afterEndGuard } from './after-end.ts';
import { asChosenGuard } from './as-chosen.ts';
import { attemptsGuard } from './attempts.ts';
import type { Arrival, Guard, GuardedSimulation } from './guard.ts';
import { lifetimeGuard } from './lifetime.ts';
import { payerGuard } from './payer.ts';
import { tenantGuard } from './tenants.ts';
import { walletGuard } from './wallet.ts';

const KINDS: readonly ((simulation: GuardedSimulation) => Guard)[] = [
  tenantGuard,
  walletGuard,
  payerGuard,
  asChosenGuard,
  attemptsGuard,
  afterEndGuard,
  lifetimeGuard,
];

/**
 * Installs all guards in a simulation. Call the returned function with each request that its operator sends.
 */
export function installGuards(simulation: GuardedSimulation): (arrival: Arrival) => void {
  const guards = KINDS.map((make) => make(simulation));
  simulation.server.onChange((change) => {
    for (const guard of guards) guard.onChange?.(change);
  });
  return (arrival) => {
    for (const guard of guards) guard.onArrival?.(arrival);
  };
}
