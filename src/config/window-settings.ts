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
    'An offer that was seen longer ago is looked up again before it is rented',
  ),
  createFenceMs: windowSetting(
    'createFenceMs',
    'How long after an order was written down it may still be sent',
  ),
  leaseFenceMs: windowSetting('leaseFenceMs', 'An order is sent only if the lease was renewed within this'),
  settleMs: windowSetting(
    'settleMs',
    'An order counts as lost at the earliest this long after its request ended',
  ),
  settleSpacingMs: windowSetting(
    'settleSpacingMs',
    'Distance of the complete lists that prove that an order came to nothing',
  ),
  foreignRequestMs: windowSetting(
    'foreignRequestMs',
    'How long the request of a process that is gone may still be under way',
  ),
  goneSpacingMs: windowSetting('goneSpacingMs', 'Distance of the two looks that prove that a pod is gone'),
  unreadPodAgeMs: windowSetting(
    'unreadPodAgeMs',
    'Age from which a 404 says something about a pod that was never read',
  ),
  deleteResendMs: windowSetting(
    'deleteResendMs',
    'A pod that lives this long after its DELETE was accepted gets another one',
  ),
  staleMs: windowSetting('staleMs', 'Ready becomes Unknown after this long without a good look'),
  quietFailureMs: windowSetting(
    'quietFailureMs',
    'A failure shorter than this is not written into any status',
  ),
  youngObjectMs: windowSetting(
    'youngObjectMs',
    'A GpuPod younger than this needs no complete list before its first order',
  ),
  offerRetryMs: windowSetting(
    'offerRetryMs',
    'How long to wait before offers are looked at again when none fits',
  ),
  busyPollMs: windowSetting('busyPollMs', 'Distance of looks at pods that are being made or ended'),
  quietPollMs: windowSetting('quietPollMs', 'Distance of looks at pods when all is quiet'),
  sweepMs: windowSetting('sweepMs', 'Distance of the complete lists that find pods nobody knows of'),
  massAbsenceMs: windowSetting(
    'massAbsenceMs',
    'How long no pod is declared gone after too many vanished at once',
  ),
  rejectionsWriteMs: windowSetting(
    'rejectionsWriteMs',
    'Why offers were not taken is written on its own at most this often',
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
