import { API_VERSION } from '../../src/api/common/names.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { isReady } from '../simulation/readings.ts';
import { createSecret } from '../support/bench.ts';
import type { Stage } from './stage.ts';

/** The keys of all teams at the simulated provider, and the operator's own. */
export function keysOf(teams: readonly string[]): SettingsInput['accounts'] {
  return [
    { key: 'test-key', userId: 'user_1' },
    ...teams.map((team) => ({ key: keyOf(team), userId: userOf(team) })),
  ];
}

function keyOf(team: string): string {
  return `secret-${team}-0123456789`;
}

export function userOf(team: string): string {
  return `user-of-${team}`;
}

/** A GpuAccount with the key of the team. */
export async function createAccount({ bench, scene }: Stage, team: string): Promise<void> {
  const secret = `key-of-${team}`;
  await createSecret(bench, scene.namespace, secret, { 'api-key': keyOf(team) });
  await bench.gpuAccounts.create(scene.namespace, {
    apiVersion: API_VERSION,
    kind: 'GpuAccount',
    metadata: { name: team },
    spec: { apiKeySecretRef: { name: secret } },
  });
}

/** Waits until all accounts are Ready. */
export async function untilAccountsReady({ bench, scene }: Stage, count: number): Promise<void> {
  await scene.untilTrue('the accounts are Ready', async () => {
    const accounts = await bench.gpuAccounts.list({ namespace: scene.namespace });
    return accounts.filter(isReady).length === count;
  });
}
