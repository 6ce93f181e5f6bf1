import { cidrList, onOff } from './kinds.ts';
import { setting } from './setting.ts';

/** Whether the operator tries the SSH servers of instances, and where it may connect. */
export const PROBE_SETTINGS = {
  isEnabled: setting(onOff(), {
    flag: '--ssh-probe',
    defaultText: 'false',
    description:
      'Connect to the SSH server of each active instance, without logging in: for the condition Reachable, for spec.readiness Reachable, and for known_hosts in the connection Secret. Only to public addresses',
  }),
  allowedCidrs: setting(cidrList(), {
    flag: '--ssh-probe-allowed-cidrs',
    defaultText: '',
    description:
      'Other ranges of addresses that --ssh-probe may connect to, such as 127.0.0.1/32 for the simulator. Whoever can make the provider name an address in them can make the operator connect to it',
  }),
};
