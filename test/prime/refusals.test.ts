import { describe, expect, it } from '@jest/globals';
import { refusalCause } from '../../src/prime/refusals.ts';
import { aCreateRequest } from './builders.ts';

const LIMIT = 'Maximum number of instances reached. Limit: 4';

describe('refusalCause', () => {
  it.each([
    [400, LIMIT, 'PaymentRequired', 'team'],
    [403, LIMIT, 'PaymentRequired', 'team'],
    [429, LIMIT, 'PaymentRequired', 'team'],
    [400, 'Insufficient balance', 'PaymentRequired', 'team'],
    [400, 'Your wallet balance is too low', 'PaymentRequired', 'team'],
    [400, 'Not enough credits', 'PaymentRequired', 'team'],
    [402, 'no longer available', 'PaymentRequired', 'team'],
    [402, 'Custom templates need a paid plan', 'PaymentRequired', 'request'],
    [401, 'Invalid token', 'Unauthorized', 'key'],
    [403, 'Not authenticated', 'Unauthorized', 'key'],
    [403, 'You do not have access to template t-1', 'Forbidden', 'request'],
    [403, 'Disk d-1 belongs to another user', 'Forbidden', 'request'],
    [403, 'SSH key not found or not yours', 'Forbidden', 'request'],
    [403, 'Disk limit reached (limit: 4)', 'QuotaExceeded', 'request'],
    [403, 'You are no member of this team', 'Forbidden', 'team'],
    [403, 'This region is not open to you', 'Forbidden', 'offer'],
    [400, 'You lack the permission for this', 'Forbidden', 'request'],
    [429, 'Too many requests.', 'RateLimited', 'team'],
    [400, 'Rate limit exceeded', 'RateLimited', 'offer'],
    [400, 'Maximum number of disks reached. limit: 4', 'QuotaExceeded', 'request'],
    [400, 'Storage quota exceeded', 'QuotaExceeded', 'request'],
    [422, 'body.disks: at most 4 disks (limit: 4)', 'QuotaExceeded', 'request'],
    [400, 'Too many environment variables (limit: 50)', 'QuotaExceeded', 'request'],
    [400, 'Template quota exceeded', 'QuotaExceeded', 'request'],
    [400, 'Invalid Custom Template ID provided', 'TemplateIncompatible', 'request'],
    [422, 'body.pod.customTemplateId: unknown', 'TemplateIncompatible', 'request'],
    [422, 'body.team.teamId: unknown team', 'InvalidRequest', 'team'],
    [404, 'Team not found', 'InvalidRequest', 'team'],
    [422, 'body.pod.cloudId: field required', 'InvalidRequest', 'offer'],
    [422, 'body.provider.type: unknown provider', 'InvalidRequest', 'offer'],
    [422, 'body.pod.cloudId: bad; body.pod.diskSize: too small', 'InvalidRequest', 'request'],
    [422, 'body.pod.name: at most 63 characters (limit: 63)', 'InvalidRequest', 'request'],
    [
      422,
      "body.pod.image: must be one of 'ubuntu_22_cuda_12', 'custom_template'",
      'InvalidRequest',
      'request',
    ],
    [422, 'body.pod.x: Extra inputs are not permitted', 'InvalidRequest', 'request'],
    [422, 'body.pod.maxPrice: Input should be greater than 0', 'InvalidRequest', 'request'],
    [400, 'Missing field: max_price not specified', 'InvalidRequest', 'request'],
    [400, 'Missing field: data_center_id not specified', 'InvalidRequest', 'request'],
    [400, 'Provider Runpod is not supported for image flux', 'InvalidRequest', 'request'],
    [400, 'Environment variables are not allowed for this request', 'InvalidRequest', 'request'],
    [400, 'Reserved instances are not available', 'InvalidRequest', 'request'],
    [400, 'SSH key not found', 'InvalidRequest', 'request'],
    [400, 'Disk is not available in the location of this offer', 'OtherRefusal', 'request'],
    [400, 'Image flux is not available', 'OtherRefusal', 'request'],
    [400, 'Not enough disk space', 'OtherRefusal', 'request'],
    [400, 'Price 2.81 exceeds maxPrice', 'AboveMaxPrice', 'request'],
    [400, 'The current price is higher than your limit', 'AboveMaxPrice', 'request'],
    [400, 'The price has changed', 'AboveMaxPrice', 'request'],
    [400, 'This configuration is no longer available', 'NoCapacity', 'offer'],
    [409, 'out of stock', 'NoCapacity', 'offer'],
    [400, 'Insufficient capacity', 'NoCapacity', 'offer'],
    [400, 'Quota exceeded', 'NoCapacity', 'offer'],
    [400, 'Instance quota exceeded in region CANADA-1 (limit: 8)', 'NoCapacity', 'offer'],
    [400, 'Maximum number of instances reached in CANADA-1. Limit: 8', 'NoCapacity', 'offer'],
    [403, 'Instance quota exceeded in region CANADA-1', 'NoCapacity', 'offer'],
    [400, 'Instance limit reached, capacity not available', 'NoCapacity', 'offer'],
    [404, 'No available instances', 'NoCapacity', 'offer'],
    [400, 'Down for maintenance', 'NoCapacity', 'upstream'],
    [400, 'The provider is temporarily unavailable', 'NoCapacity', 'upstream'],
    [400, 'something else', 'OtherRefusal', 'request'],
    [404, 'Not found', 'OtherRefusal', 'request'],
  ] as const)('%i %s → %s of the %s', (status, text, reason, scope) => {
    expect(refusalCause(status, text)).toMatchObject({ reason, scope });
  });

  it.each([
    [LIMIT, true],
    ['Maximum number of instances reached', true],
    [`${LIMIT} in CANADA-1`, false],
    ['Insufficient balance', false],
  ])('accepts only Prime Intellect’s own texts about an account as proof: %s', (text, isProven) => {
    expect(refusalCause(400, text)).toMatchObject({ isProven });
  });

  it('recognizes an upstream provider by its name in the request', () => {
    const { offer } = aCreateRequest();
    const request = aCreateRequest({ offer: { ...offer, provider: 'hyper-stack' } });

    expect(refusalCause(400, 'Hyper-Stack is unreachable', request).scope).toBe('upstream');
    expect(refusalCause(400, 'hyper-stack: insufficient funds', request)).toMatchObject({
      reason: 'NoCapacity',
      scope: 'upstream',
    });
    expect(refusalCause(400, 'hyper-stackless: insufficient funds', request).scope).toBe('team');
  });

  it.each([
    ['a template', { customTemplateId: LIMIT }, LIMIT],
    ['an image', { image: LIMIT }, LIMIT],
    ['a variable', { secrets: { envVars: [{ key: 'A', value: LIMIT }] } }, LIMIT],
    [
      'the name of a variable',
      { secrets: { envVars: [{ key: 'Insufficient balance', value: 'x' }] } },
      'Insufficient balance',
    ],
    ['an SSH key', { sshKeyId: 'Insufficient balance' }, 'Insufficient balance'],
  ])('lets no tenant choose words that affect others: %s like an account text', (_, changes, echo) => {
    expect(refusalCause(400, echo)).toMatchObject({ scope: 'team' });
    expect(refusalCause(400, echo, aCreateRequest(changes))).toMatchObject({
      scope: 'request',
      isProven: false,
    });
  });

  it('does not take long for a hostile text', () => {
    const text = 'price above '.repeat(300).slice(0, 4096);

    expect(refusalCause(400, text).reason).toBe('AboveMaxPrice');
    expect(refusalCause(400, ' over'.repeat(800)).reason).toBe('OtherRefusal');
    expect(refusalCause(400, 'low '.repeat(1000)).reason).toBe('OtherRefusal');
  });
});
