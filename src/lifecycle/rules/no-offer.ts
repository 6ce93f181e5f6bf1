import { parseDurationMs } from '../../api/common/duration.ts';
import { summarizeRejections } from '../../offers/rejections.ts';
import type { NoOfferSelected } from '../../offers/select-offer.ts';
import type { Observation } from '../observation.ts';
import { draftStatus } from '../status/draft.ts';
import type { ConditionDrafts, Facts } from '../status/draft.ts';
import { timestamp } from '../status/timestamp.ts';
import type { Rest } from '../step.ts';
import { NOTHING_RENTED } from './condition-drafts.ts';

/** Reports why no offer fits, and searches again until `offerTimeout`, if there is one. Waiting costs nothing. */
export function restWithoutOffer(observation: Observation, selection: NoOfferSelected): Rest {
  const { gpuPod, now, timings } = observation;
  const searchStartedAt = gpuPod.status.searchStartedAt ?? timestamp(now.wallMs);
  const facts: Facts = {
    searchStartedAt,
    rejections: [...summarizeRejections(selection.rejections)],
    hint: selection.hint,
  };
  const isOver = isSearchOver(observation, searchStartedAt);
  const drafts: ConditionDrafts = {
    Ready: ['NoMatchingOffer', `${selection.message}${whereToSearch(selection)}`],
    OfferSelected: [selection.reason, selection.message],
    Provisioned: NOTHING_RENTED,
    progress: isOver
      ? {
          type: 'Stalled',
          draft: [
            'OfferTimeout',
            'No offer matched within spec.offerTimeout. Change the spec, or set a new gpupod.dev/reconcile-requested-at.',
          ],
        }
      : { type: 'Reconciling', draft: ['Searching', 'The operator checks the offers until one matches.'] },
  };
  const status = draftStatus(observation, drafts, facts);
  return isOver ? { kind: 'rest', status } : { kind: 'rest', status, requeueAfterMs: timings.offerRetryMs };
}

/** Points only to status fields that exist. */
function whereToSearch({ rejections, hint }: NoOfferSelected): string {
  const fields = [
    ...(rejections.length === 0 ? [] : ['status.rejections']),
    ...(hint === undefined ? [] : ['status.hint']),
  ];
  return fields.length === 0 ? '' : ` See ${fields.join(' and ')}.`;
}

/** The search goes past the deadline once, so that the last answer still counts. */
function isSearchOver({ gpuPod, now }: Observation, searchStartedAt: string): boolean {
  const { offerTimeout } = gpuPod.spec;
  const timeoutMs = offerTimeout === undefined ? undefined : parseDurationMs(offerTimeout);
  return timeoutMs !== undefined && now.wallMs >= Date.parse(searchStartedAt) + timeoutMs;
}
