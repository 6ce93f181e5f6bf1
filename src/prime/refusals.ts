import type { RefusalReason } from '../lifecycle/provider.ts';

/** One way to recognise why a create was refused. All that is given must fit. */
interface RefusalRule {
  readonly reason: RefusalReason;
  readonly status?: number;
  readonly text?: RegExp;
}

/**
 * Why a create was refused (design 4.5), by status and text; the first rule that fits counts. The texts
 * are those seen on the live API (`prime-api.md`, 3.4) and their kin. What the order decides:
 *
 * - The account's limits come first: their texts contain words of capacity too, and their status is not
 *   documented.
 * - 422 checks the form of the request, whatever words its text has (it may list all images, templates
 *   included); only a template that is named as such is told apart.
 * - "Missing field: max_price" is about our request, not about a price that is too high.
 */
const RULES: readonly RefusalRule[] = [
  { reason: 'PaymentRequired', text: /maximum number of instances|instances? (limit|quota)|limit: \d/i },
  {
    reason: 'PaymentRequired',
    text: /insufficient (account |wallet )?(balance|funds|credit)|payment required/i,
  },
  { reason: 'PaymentRequired', status: 402 },
  { reason: 'RateLimited', status: 429 },
  { reason: 'Unauthorized', status: 401 },
  { reason: 'Unauthorized', status: 403 },
  { reason: 'RateLimited', text: /rate limit|too many requests/i },
  { reason: 'TemplateIncompatible', text: /\btemplates?\b|customTemplateId|image custom_template/i },
  { reason: 'InvalidRequest', status: 422 },
  { reason: 'InvalidRequest', text: /missing field|not specified|reserved instances|environment variables/i },
  { reason: 'AboveMaxPrice', text: /max(imum)?[ _]?price|price\b.*\b(exceeds?|above|higher|over)\b/i },
  {
    reason: 'AboveMaxPrice',
    text: /\b(exceeds?|above|higher|over)\b.*\bprice|price (has )?(changed|increased|risen)/i,
  },
  { reason: 'InvalidRequest', text: /not supported|unsupported|not allowed|not permitted|\binvalid\b/i },
  { reason: 'NoCapacity', text: /no longer available|not available|unavailable|out of stock|sold out/i },
  {
    reason: 'NoCapacity',
    text: /capacity|insufficient|quota exceeded|limit exceeded|not enough|none available/i,
  },
  {
    reason: 'NoCapacity',
    text: /\bno (available |free )?(machines?|instances?|resources?|gpus?|nodes?|stock)\b/i,
  },
];

/** The reason of a refusal with this status and text. */
export function refusalReason(status: number, text: string): RefusalReason {
  const rule = RULES.find((candidate) => fits(candidate, status, text));
  return rule?.reason ?? 'OtherRefusal';
}

function fits(rule: RefusalRule, status: number, text: string): boolean {
  return (rule.status === undefined || rule.status === status) && (rule.text?.test(text) ?? true);
}
