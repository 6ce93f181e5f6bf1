import type { Pod } from './pod.ts';
import type { SshServerRule } from './pod-rule.ts';

/** What a new connection to the SSH port of an instance gets. */
export type Welcome = SshServerRule;

/** What a connection to this instance gets at a time: its rule may hold its SSH server back. */
export function welcomeAt({ createdAtMs, timing, sshServer }: Pod, nowMs: number): Welcome {
  const activeAtMs = createdAtMs + timing.provisioningMs + timing.pendingMs;
  // A planted instance may be ACTIVE from the start.
  const isLate = timing.sshLateMs > 0 && nowMs < activeAtMs + timing.sshLateMs;
  return isLate ? 'Closes' : sshServer;
}
