import type * as z from 'zod';
import { formatDuration } from '../api/common/duration.ts';
import { DEFAULT_TIMINGS } from '../lifecycle/settings.ts';
import type { ProtocolTimings } from '../lifecycle/settings.ts';
import { duration } from './kinds.ts';
import { setting } from './setting.ts';

const MIN_TIMING_MS = 1;

/** One setting for each of the timings, with the same key. A missing or extra one does not compile. */
export const TIMING_SETTINGS = {
  offerMaxAgeMs: timingSetting(
    'offerMaxAgeMs',
    'The operator reads an offer again before it rents, if its answer is older than this',
  ),
  createFenceMs: timingSetting(
    'createFenceMs',
    'How long after the create intent was written the create request may still be sent',
  ),
  leaseFenceMs: timingSetting(
    'leaseFenceMs',
    'The operator sends a create request only if it renewed the Lease within this',
  ),
  settleMs: timingSetting(
    'settleMs',
    'Time after a create request with an unknown outcome before an absence may prove that no instance exists',
  ),
  settleSpacingMs: timingSetting(
    'settleSpacingMs',
    'Interval between the inventories that prove that a create request created no instance',
  ),
  foreignRequestMs: timingSetting(
    'foreignRequestMs',
    'How long the create request of an earlier process may still be under way',
  ),
  goneSpacingMs: timingSetting(
    'goneSpacingMs',
    'Interval between the two answers that prove that an instance no longer exists',
  ),
  unreadPodAgeMs: timingSetting(
    'unreadPodAgeMs',
    'Age from which a 404 counts for an instance that the operator has never read',
  ),
  deleteResendMs: timingSetting(
    'deleteResendMs',
    'The operator sends another DELETE if the instance still exists this long after the last one was accepted',
  ),
  staleMs: timingSetting(
    'staleMs',
    'Ready becomes Unknown after this long without a valid answer about the instance',
  ),
  quietFailureMs: timingSetting(
    'quietFailureMs',
    'The operator does not report a failure in a status if it lasts shorter than this',
  ),
  youngObjectMs: timingSetting(
    'youngObjectMs',
    'A GpuPod younger than this needs no inventory before its first create request',
  ),
  offerRetryMs: timingSetting('offerRetryMs', 'How long to wait before the next search when no offer fits'),
  busyPollMs: timingSetting(
    'busyPollMs',
    'Longest interval between status polls of instances that start or terminate; a fifth of it while they are few',
  ),
  quietPollMs: timingSetting('quietPollMs', 'Interval between status polls of all other instances'),
  sweepMs: timingSetting('sweepMs', 'Interval between the inventories that find duplicates and orphans'),
  massAbsenceMs: timingSetting(
    'massAbsenceMs',
    'How long the operator declares no instance lost after too many disappeared at once',
  ),
  probeRetryMs: timingSetting(
    'probeRetryMs',
    'How long after a failed probe of the SSH server of a starting instance the next one follows',
  ),
  probeMs: timingSetting('probeMs', 'Interval of probes of the SSH servers of ready instances'),
  rejectionsWriteMs: timingSetting(
    'rejectionsWriteMs',
    'Shortest interval between status writes that change only the rejections',
  ),
} satisfies Record<keyof ProtocolTimings, z.ZodType<number, string>>;

/** `settleMs` becomes `--window-settle`. */
function timingSetting(key: keyof ProtocolTimings, description: string): z.ZodType<number, string> {
  const name = key.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return setting(duration(MIN_TIMING_MS), {
    flag: `--window-${name}`,
    defaultText: formatDuration(DEFAULT_TIMINGS[key]),
    description,
  });
}
