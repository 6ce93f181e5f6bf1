/** The metric of the probes of SSH servers. */
export const SSH_PROBES = {
  name: 'gpupod_ssh_probes_total',
  type: 'counter',
  labels: ['result'],
  values: ['Answered', 'NotAllowed', 'Unresolved', 'Unreachable', 'TimedOut', 'NotSsh'],
  help: 'Probes of the SSH servers of instances, by result. If all fail, look at the network policies of the operator first. Leader only.',
} as const;
