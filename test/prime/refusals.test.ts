import { describe, expect, it } from '@jest/globals';
import { refusalReason } from '../../src/prime/refusals.ts';

describe('refusalReason', () => {
  it.each([
    [400, 'Maximum number of instances reached. Limit: 4', 'PaymentRequired'],
    [403, 'Maximum number of instances reached. Limit: 4', 'PaymentRequired'],
    [429, 'Maximum number of instances reached. Limit: 4', 'PaymentRequired'],
    [400, 'Instance limit reached, capacity not available', 'PaymentRequired'],
    [400, 'Insufficient balance', 'PaymentRequired'],
    [402, 'no longer available', 'PaymentRequired'],
    [401, 'Invalid token', 'Unauthorized'],
    [403, 'Not authenticated', 'Unauthorized'],
    [429, 'Too many requests.', 'RateLimited'],
    [400, 'Rate limit exceeded', 'RateLimited'],
    [400, 'Invalid Custom Template ID provided', 'TemplateIncompatible'],
    [422, 'body.pod.customTemplateId: unknown', 'TemplateIncompatible'],
    [422, "body.pod.image: must be one of 'ubuntu_22_cuda_12', 'custom_template'", 'InvalidRequest'],
    [422, 'body.pod.x: Extra inputs are not permitted', 'InvalidRequest'],
    [422, 'body.pod.maxPrice: Input should be greater than 0', 'InvalidRequest'],
    [400, 'Missing field: max_price not specified', 'InvalidRequest'],
    [400, 'Missing field: data_center_id not specified', 'InvalidRequest'],
    [400, 'Provider Runpod is not supported for image flux', 'InvalidRequest'],
    [400, 'Environment variables are not allowed for this request', 'InvalidRequest'],
    [400, 'Reserved instances are not available', 'InvalidRequest'],
    [400, 'Price 2.81 exceeds maxPrice', 'AboveMaxPrice'],
    [400, 'The current price is higher than your limit', 'AboveMaxPrice'],
    [400, 'The price has changed', 'AboveMaxPrice'],
    [400, 'This configuration is no longer available', 'NoCapacity'],
    [409, 'out of stock', 'NoCapacity'],
    [400, 'Insufficient capacity', 'NoCapacity'],
    [400, 'Quota exceeded', 'NoCapacity'],
    [404, 'No available instances', 'NoCapacity'],
    [400, 'something else', 'OtherRefusal'],
    [404, 'Not found', 'OtherRefusal'],
  ] as const)('%i %s → %s', (status, text, expected) => {
    expect(refusalReason(status, text)).toBe(expected);
  });

  it('does not take long for a hostile text', () => {
    const text = 'price above '.repeat(300).slice(0, 4096);

    expect(refusalReason(400, text)).toBe('AboveMaxPrice');
    expect(refusalReason(400, ' over'.repeat(800))).toBe('OtherRefusal');
  });
});
