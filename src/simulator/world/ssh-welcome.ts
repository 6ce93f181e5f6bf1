import type { Pod } from './pod.ts';
import type { SshServerRule } from './pod-rule.ts';

/** What a new connection to the SSH port of an instance gets. */
export type Welcome = SshServerRule;

/** What a connection to this instance gets at a time: its rule may hold its SSH server back. */
export function welcomeAt({ createdAtMs, timing, sshServer }: Pod, nowMs: number): Welcome {
  const activeAtMs = createdAtMs + timing.provisioningMs + timing.pendingMs;
  return nowMs < activeAtMs + timing.sshLateMs ? 'Closes' : sshServer;
}
