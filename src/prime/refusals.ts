import type { InstanceRequest } from '../lifecycle/instance-request.ts';
import type { RefusalReason, RefusalScope } from '../lifecycle/provider.ts';

/** Why the provider refused a create request, and what that concerns. */
export interface RefusalCause {
  readonly reason: RefusalReason;
  readonly scope: RefusalScope;
  /** True if the text is one that Prime Intellect itself uses about the account. No other text is proof. */
  readonly isProven: boolean;
}

/** One way to recognize a refusal. All given fields must match. */
interface RefusalRule {
  readonly reason: RefusalReason;
  readonly scope: RefusalScope;
  readonly status?: number;
  readonly text?: RegExp;
  readonly and?: RegExp;
  readonly not?: RegExp;
  readonly isProven?: true;
}

/** Words for what the GpuPod itself asks for. A refusal with one of them concerns that GpuPod alone. */
const OWN =
  /\b(custom[ _-]?templates?|templates?|customTemplateId|images?|env(ironment)?[ _-]?var\w*|disks?|diskSize|storage|volumes?|ssh[ _-]?keys?|sshKeyId|jupyter\w*|vcpus?|memory|ram)\b|\bpod\.name\b/i;
/**
 * Words for what comes from the offer. {@link subject} writes `upstream` for the name of the upstream
 * provider.
 */
const OF_OFFER =
  /\bupstream\b|\bregions?\b|\bdata ?cent(er|re)s?\b|\bgpu(s|Type)?\b|\b(cloudId|socket|dataCenterId|country|security|provider)\b/i;
const TEAM = /\bteams?\b|teamId/i;
const BALANCE =
  /\b(insufficient|not enough|low)\b.{0,30}\b(balance|funds?|credits?)\b|\b(balance|funds?|credits?)\b.{0,30}\b(low|insufficient|exhausted|depleted|negative|empty)\b|payment required|\bwallet\b.{0,30}\bempty\b/i;
const QUOTA = /quotas?\b|\blimits?\b|maximum number|\btoo many\b/i;
const CAPACITY =
  /no longer available|not available|unavailable|out of stock|sold out|capacity|insufficient|not enough|none available/i;

/**
 * All known refusals, by status and text. The first matching rule counts. The texts come from the live API,
 * with close variants. Only the scopes `team` and `key` hold back the create requests of other GpuPods, so
 * they need proof: Prime Intellect's own text, or a plain read that fails too.
 */
const RULES: readonly RefusalRule[] = [
  {
    reason: 'PaymentRequired',
    scope: 'team',
    text: /^maximum number of instances reached[.:]?( limit:? ?\d+)?\.?$/i,
    isProven: true,
  },
  { reason: 'NoCapacity', scope: 'upstream', text: BALANCE, and: /\bupstream\b/i },
  { reason: 'PaymentRequired', scope: 'team', text: BALANCE },
  { reason: 'PaymentRequired', scope: 'request', status: 402, text: OWN },
  { reason: 'PaymentRequired', scope: 'team', status: 402 },
  { reason: 'Unauthorized', scope: 'key', status: 401 },
  { reason: 'QuotaExceeded', scope: 'request', status: 403, text: OWN, and: QUOTA },
  { reason: 'NoCapacity', scope: 'offer', status: 403, text: QUOTA },
  { reason: 'Forbidden', scope: 'request', status: 403, text: OWN },
  { reason: 'Forbidden', scope: 'team', status: 403, text: TEAM },
  { reason: 'Forbidden', scope: 'offer', status: 403, text: OF_OFFER },
  { reason: 'Unauthorized', scope: 'key', status: 403 },
  { reason: 'RateLimited', scope: 'team', status: 429 },
  { reason: 'RateLimited', scope: 'offer', text: /rate limit|too many requests/i },
  { reason: 'Forbidden', scope: 'request', text: /\bpermissions?\b|forbidden|access denied|not authorized/i },
  { reason: 'QuotaExceeded', scope: 'request', text: OWN, and: QUOTA, not: /\b(price|pod\.)/i },
  {
    reason: 'TemplateIncompatible',
    scope: 'request',
    text: /\btemplates?\b|customTemplateId|image custom_template/i,
  },
  {
    reason: 'InvalidRequest',
    scope: 'team',
    text: TEAM,
    and: /\bbody\.team|not found|invalid|unknown|does not exist|not a member/i,
  },
  // The offer's row is malformed, not the spec. Three such rows must not stall a GpuPod that a fourth offer
  // fits.
  {
    reason: 'InvalidRequest',
    scope: 'offer',
    status: 422,
    text: /\bbody\.(provider|pod\.(cloudId|gpuType|socket|dataCenterId|country|security))\b/i,
    not: OWN,
  },
  { reason: 'InvalidRequest', scope: 'request', status: 422 },
  {
    reason: 'InvalidRequest',
    scope: 'request',
    text: /missing field|not specified|reserved instances|environment variables/i,
  },
  {
    reason: 'AboveMaxPrice',
    scope: 'request',
    text: /max(imum)?[ _]?price|price\b.*\b(exceeds?|above|higher|over)\b/i,
  },
  {
    reason: 'AboveMaxPrice',
    scope: 'request',
    text: /\b(exceeds?|above|higher|over)\b.*\bprice|price (has )?(changed|increased|risen)/i,
  },
  {
    reason: 'InvalidRequest',
    scope: 'request',
    text: OWN,
    and: /not found|does not exist|no such|unknown/i,
  },
  { reason: 'OtherRefusal', scope: 'request', text: OWN, and: CAPACITY },
  {
    reason: 'InvalidRequest',
    scope: 'request',
    text: /not supported|unsupported|not allowed|not permitted|\binvalid\b/i,
  },
  {
    reason: 'NoCapacity',
    scope: 'upstream',
    text: /\bmaintenance\b|\boutage\b|\b(upstream|provider)\b.{0,40}\b(unavailable|unreachable|down|offline)\b/i,
  },
  { reason: 'NoCapacity', scope: 'offer', text: QUOTA },
  { reason: 'NoCapacity', scope: 'offer', text: CAPACITY },
  {
    reason: 'NoCapacity',
    scope: 'offer',
    text: /\bno (available |free )?(machines?|instances?|resources?|gpus?|nodes?|stock)\b/i,
  },
];

const OTHER: RefusalCause = { reason: 'OtherRefusal', scope: 'request', isProven: false };
const MAX_TEXT_LENGTH = 4096;

/** The cause of a refusal of this request, as far as status and text show it. */
export function refusalCause(status: number, text: string, request?: InstanceRequest): RefusalCause {
  const about = subject(text.slice(0, MAX_TEXT_LENGTH), request).trim();
  const rule = RULES.find((candidate) => fits(candidate, status, about));
  return rule === undefined
    ? OTHER
    : { reason: rule.reason, scope: rule.scope, isProven: rule.isProven ?? false };
}

function fits(
  { status = 0, text = /^/, and = /^/, not }: RefusalRule,
  actual: number,
  about: string,
): boolean {
  const isExcluded = not?.test(about) ?? false;
  return [0, actual].includes(status) && text.test(about) && and.test(about) && !isExcluded;
}

/**
 * The text without the values of the request: an error may repeat them, and no tenant may choose words that
 * affect others. The name of the upstream provider becomes `upstream`.
 */
function subject(text: string, request: InstanceRequest | undefined): string {
  if (request === undefined) {
    return text;
  }
  const echoes = wordsOf(request).filter((word) => word.length >= MIN_ECHO_LENGTH);
  const bare = echoes
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, word) => rest.replaceAll(word, '…'), text);
  const upstream = request.offer.provider.replaceAll(/[^\p{L}\p{N}]/gu, '.');
  return upstream.length < MIN_ECHO_LENGTH
    ? bare
    : bare.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}_])${upstream}(?![\\p{L}\\p{N}_])`, 'giu'), 'upstream');
}

const MIN_ECHO_LENGTH = 3;

function wordsOf(request: InstanceRequest): readonly string[] {
  const { name, image, customTemplateId, sshKeyId, diskIds = [], teamId, secrets } = request;
  const { envVars = [], jupyterPassword } = secrets ?? {};
  const single = [name, image, customTemplateId, sshKeyId, jupyterPassword, teamId];
  const variables = envVars.flatMap(({ key, value }) => [key, value]);
  return [...single, ...diskIds, ...variables].filter((word) => word !== undefined);
}
