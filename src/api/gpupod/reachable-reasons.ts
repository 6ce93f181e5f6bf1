import type { ReasonEntry } from './ready-reasons.ts';

/** The reasons of the condition Reachable. */
export const REACHABLE_REASONS = {
  Answers: {
    status: 'True',
    meaning:
      'The SSH server of the instance answered the last probe, with the host key in `status.ssh.hostKey`.',
  },
  NoAnswer: {
    status: 'False',
    meaning:
      "The SSH server of the instance does not answer, or what answers is no SSH server. It bills, and perhaps nobody can use it: look at the provider's web page, or suspend or delete the GpuPod. The operator keeps trying.",
  },
  AddressNotAllowed: {
    status: 'False',
    meaning:
      'The operator does not connect to the address of the instance, because it is not public. `--ssh-probe-allowed-cidrs` can allow it.',
  },
  HostKeyChanged: {
    status: 'False',
    meaning:
      'The SSH server of the instance has another host key than `status.ssh.hostKey`. Clients that use `known_hosts` of the connection Secret refuse it. Somebody may have reinstalled the instance, or somebody else answers in its place. If you trust it, suspend and resume, or connect with the new key yourself.',
  },
} as const satisfies Record<string, ReasonEntry>;
