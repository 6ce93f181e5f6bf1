import { SSH_KEY_SOURCES } from '../../../src/api/common/ssh-key-sources.ts';
import type { Policy } from '../../../src/lifecycle/settings.ts';

/** A policy that forbids only teams. */
export const OPEN_POLICY: Policy = {
  requireMaxPrice: false,
  allowRetain: true,
  allowPrepaid: true,
  allowedTeamIds: [],
  allowedSshKeyIds: [],
  sshKeySources: SSH_KEY_SOURCES,
  allowedDiskIds: [],
  allowedTemplateIds: [],
};
