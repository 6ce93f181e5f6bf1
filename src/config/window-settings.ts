import type { z } from 'zod';
import { formatDuration } from '../api/duration.ts';
import { DEFAULT_WINDOWS } from '../lifecycle/settings.ts';
import type { Windows } from '../lifecycle/settings.ts';
import { duration } from './kinds.ts';
import { setting } from './setting.ts';

const MIN_WINDOW_MS = 1;

/** One setting for each window, under the window's own key: what is missing or superfluous does not compile. */
export const WINDOW_SETTINGS = {
  offerMaxAgeMs: windowSetting(
    'offerMaxAgeMs',
    'The operator reads an offer again before it rents, if its answer is older than this',
  ),
  createFenceMs: windowSetting(
    'createFenceMs',
    'How long after the create intent was written the create request may still be sent',
  ),
  leaseFenceMs: windowSetting(
    'leaseFenceMs',
    'The operator sends a create request only if it renewed the Lease within this',
  ),
  settleMs: windowSetting(
    'settleMs',
    'Time after a create request with an unknown outcome before an absence may prove that no instance exists',
  ),
  settleSpacingMs: windowSetting(
    'settleSpacingMs',
    'Interval between the inventories that prove that a create request created no instance',
  ),
  foreignRequestMs: windowSetting(
    'foreignRequestMs',
    'How long the create request of an earlier process may still be under way',
  ),
  goneSpacingMs: windowSetting(
    'goneSpacingMs',
    'Interval between the two answers that prove that an instance no longer exists',
  ),
  unreadPodAgeMs: windowSetting(
    'unreadPodAgeMs',
    'Age from which a 404 counts for an instance that the operator has never read',
  ),
  deleteResendMs: windowSetting(
    'deleteResendMs',
    'The operator sends another DELETE if the instance still exists this long after the last one was accepted',
  ),
  staleMs: windowSetting(
    'staleMs',
    'Ready becomes Unknown after this long without a valid answer about the instance',
  ),
  quietFailureMs: windowSetting(
    'quietFailureMs',
    'The operator does not report a failure in a status if it lasts shorter than this',
  ),
  youngObjectMs: windowSetting(
    'youngObjectMs',
    'A GpuPod younger than this needs no inventory before its first create request',
  ),
  offerRetryMs: windowSetting('offerRetryMs', 'How long to wait before the next search when no offer fits'),
  busyPollMs: windowSetting(
    'busyPollMs',
    'Longest interval between status polls of instances that start or terminate; a fifth of it while they are few',
  ),
  quietPollMs: windowSetting('quietPollMs', 'Interval between status polls of all other instances'),
  sweepMs: windowSetting('sweepMs', 'Interval between the inventories that find duplicates and orphans'),
  massAbsenceMs: windowSetting(
    'massAbsenceMs',
    'How long the operator declares no instance lost after too many disappeared at once',
  ),
  rejectionsWriteMs: windowSetting(
    'rejectionsWriteMs',
    'Shortest interval between status writes that change only the rejections',
  ),
} satisfies Record<keyof Windows, z.ZodType<number, string>>;

/** `settleMs` is `--window-settle`. */
function windowSetting(key: keyof Windows, description: string): z.ZodType<number, string> {
  const name = key.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return setting(duration(MIN_WINDOW_MS), {
    flag: `--window-${name}`,
    defaultText: formatDuration(DEFAULT_WINDOWS[key]),
    description,
  });
}
