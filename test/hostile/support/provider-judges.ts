import type {
  Answer,
  CreateOutcome,
  DeleteOutcome,
  HistoryRow,
  NotFound,
  InstanceList,
  WalletList,
  InstanceSnapshot,
  PodStatuses,
} from '../../../src/lifecycle/provider.ts';
import type { Offer } from '../../../src/offers/offer.ts';
import type { OfferList } from '../../../src/offers/offer-source.ts';
import { isPrintable } from './hostile-values.ts';
import { ASKED_ID } from './recorded-bodies.ts';

/**
 * What an answer of the provider may lead to, judged by the answer alone and without the operator's code. Each
 * judge returns what is wrong, or undefined.
 */

/** The answer that was given. */
export interface Given {
  readonly status: number;
  readonly text: string;
}

type Verdict = string | undefined;

export function judgeCreate(given: Given, outcome: CreateOutcome): Verdict {
  const body = parsed(given.text);
  switch (outcome.kind) {
    case 'created':
      return isOfPendingCreate(given, body, outcome.instance.podId) ? undefined : 'created without its id';
    case 'refused':
      return isRefusal(given, body) ? undefined : 'refused without a reason';
    case 'notSent':
      return 'not sent, though it was answered';
    case 'unknown':
      return given.status === 400 && hasPlainDetail(body) ? 'unknown, though it was refused' : undefined;
  }
}

function isOfPendingCreate({ status }: Given, body: unknown, podId: string): boolean {
  const id = at(body, 'id');
  return isGood(status) && (id === podId || (typeof id === 'number' && String(id) === podId));
}

/** Other 4xx prove nothing about the request, because a proxy may have given up after it forwarded the request. */
function isRefusal({ status }: Given, body: unknown): boolean {
  const isOfAccount = [401, 402, 403, 429].includes(status);
  const isDecided = status >= 400 && status <= 499 && ![408, 409, 425].includes(status);
  return isOfAccount || (isDecided && hasErrorText(body));
}

export function judgePod({ status, text }: Given, answer: Answer<InstanceSnapshot> | NotFound): Verdict {
  const body = parsed(text);
  if (answer.kind === 'notFound') {
    return status === 404 && hasErrorText(body) ? undefined : 'not found without a 404 of the API';
  }
  if (answer.kind !== 'ok') return undefined;
  const isTrue = isGood(status) && at(body, 'id') === ASKED_ID && answer.value.podId === ASKED_ID;
  return isTrue ? judgeSnapshot(body, answer.value) : 'a look at another pod';
}

function judgeSnapshot(row: unknown, snapshot: InstanceSnapshot): Verdict {
  if (snapshot.status !== 'UNKNOWN' && at(row, 'status') !== snapshot.status) {
    return `${snapshot.status} out of nothing`;
  }
  const price = snapshot.priceUsdPerHour;
  if (price !== undefined && !(price > 0 && Number.isFinite(price))) return 'a price that is none';
  const { ssh } = snapshot;
  if (ssh !== undefined && !/^ssh [\w.-]+@[\w.:-]+ -p \d+$/.test(ssh.command)) return 'an odd command';
  return snapshot.ports.length > 100 ? 'too many ports' : undefined;
}

export function judgeDelete({ status, text }: Given, outcome: DeleteOutcome): Verdict {
  switch (outcome.kind) {
    case 'accepted':
      return isGood(status) && (text.trim() === '' || typeof parsed(text) === 'object')
        ? undefined
        : 'accepted by something else';
    case 'notFound':
      return status === 404 && hasErrorText(parsed(text)) ? undefined : 'not found without a 404 of the API';
    case 'failure':
      return undefined;
  }
}

export function judgeList({ status, text }: Given, answer: Answer<InstanceList>): Verdict {
  if (answer.kind !== 'ok') return undefined;
  const body = parsed(text);
  const ids = new Set(answer.value.instances.map(({ podId }) => podId));
  const rows = rowsOf(body, 'data');
  if (!isGood(status) || rows === undefined) return 'a list out of nothing';
  // An unreadable row must be reported. An invalid total says nothing.
  const unread = rows.filter((row) => !ids.has(String(at(row, 'id'))));
  const total = Number(at(body, 'total_count') ?? 0);
  const isShort = (list: WalletList): boolean =>
    list.failure === undefined &&
    (list.unidentified.length !== unread.length || list.podIds.length + unread.length < total);
  return answer.value.wallets.some(isShort) ? 'a shorter list' : undefined;
}

export function judgeStatuses({ status, text }: Given, answer: Answer<PodStatuses>): Verdict {
  if (answer.kind !== 'ok') return undefined;
  const rows = rowsOf(parsed(text), 'data') ?? [];
  for (const snapshot of answer.value.snapshots) {
    const about = rows.filter((row) => at(row, 'podId') === snapshot.podId);
    if (snapshot.podId !== ASKED_ID) return 'a look that was not asked for';
    if (snapshot.status === 'TERMINATED' && !about.some((row) => at(row, 'status') === 'TERMINATED')) {
      return 'terminated out of nothing';
    }
  }
  return isGood(status) ? undefined : 'an error taken for an answer';
}

export function judgeHistory({ status, text }: Given, answer: Answer<readonly HistoryRow[]>): Verdict {
  if (answer.kind !== 'ok') return undefined;
  const rows = rowsOf(parsed(text), 'data') ?? [];
  const isInBody = (ended: HistoryRow): boolean =>
    rows.some(
      (row) =>
        at(row, 'id') === ended.podId &&
        sameName(at(row, 'name'), ended.name) &&
        (ended.terminatedAt === undefined || at(row, 'terminatedAt') === ended.terminatedAt),
    );
  return isGood(status) && answer.value.every(isInBody) ? undefined : 'an end out of nothing';
}

export function judgeOffers({ status, text }: Given, answer: Answer<OfferList>): Verdict {
  if (answer.kind !== 'ok' || answer.value.offers.length === 0) return undefined;
  const rows = offerRows(parsed(text));
  const problem = answer.value.offers
    .map((offer) => judgeOffer(rows, offer))
    .find((found) => found !== undefined);
  return isGood(status) ? problem : 'an error taken for offers';
}

function offerRows(body: unknown): readonly unknown[] {
  const byType: readonly unknown[] = typeof body === 'object' && body !== null ? Object.values(body) : [];
  return rowsOf(body, 'items') ?? byType.flat();
}

function judgeOffer(rows: readonly unknown[], { cloudId, provider, prices }: Offer): Verdict {
  const isListed = rows.some((row) => at(row, 'cloudId') === cloudId && at(row, 'provider') === provider);
  const isPriced = [prices.onDemand ?? 0, prices.communityPrice ?? 0].every((price) =>
    Number.isFinite(price),
  );
  if (!isListed) return 'an offer out of nothing';
  return isPriced ? undefined : 'a price that is none';
}

/** Unprintable characters of a name are replaced. */
function sameName(sent: unknown, read: string): boolean {
  return sent === read || (typeof sent === 'string' && !isPrintable(sent) && read.includes('?'));
}

function isGood(status: number): boolean {
  return status >= 200 && status <= 299;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

function rowsOf(body: unknown, key: string): readonly unknown[] | undefined {
  const rows = at(body, key);
  return Array.isArray(rows) ? rows : undefined;
}

/** Any of the fields that may contain an error has a text. */
function hasErrorText(body: unknown): boolean {
  return (
    !Array.isArray(body) && ['errors', 'detail', 'error', 'message'].some((key) => holdsText(at(body, key)))
  );
}

function holdsText(value: unknown): boolean {
  return (
    (typeof value === 'string' && value.trim() !== '') ||
    (typeof value === 'object' && value !== null && Object.values(value).some(holdsText))
  );
}

/** The one shape of a refusal that the client must understand. */
function hasPlainDetail(body: unknown): boolean {
  const detail = at(body, 'detail');
  return !Array.isArray(body) && typeof detail === 'string' && detail.trim() !== '';
}
