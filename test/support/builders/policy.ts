import type { Policy } from '../../../src/lifecycle/settings.ts';

/** Forbids nothing that a spec may ask for, but teams. */
export const OPEN_POLICY: Policy = {
  requireMaxPrice: false,
  allowRetain: true,
  allowPrepaid: true,
  allowedTeamIds: [],
  allowedSshKeyIds: [],
  allowedDiskIds: [],
  allowedTemplateIds: [],
};
