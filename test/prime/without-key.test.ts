import { describe, expect, it } from '@jest/globals';
import { withoutKey } from '../../src/prime/without-key.ts';

const KEY = 'production-1';

describe('withoutKey', () => {
  it.each([
    { field: 'name', value: `gp-abc123-0123456789-1-${KEY}-train` },
    { field: 'cloudId', value: `${KEY}_H100` },
  ])('keeps $field, because decisions rest on it', ({ field, value }) => {
    const text = JSON.stringify({ data: [{ [field]: value, detail: 'x' }] });
    expect(withoutKey(text, KEY)).toBe(text);
  });

  it.each(['id', 'podId', 'userId', 'teamId'])('drops %s, because only the provider fills it', (field) => {
    const body: unknown = JSON.parse(withoutKey(JSON.stringify({ [field]: `Bearer ${KEY}` }), KEY));
    expect(body).toEqual({ [field]: null });
  });

  it.each(['detail', 'installationFailure', 'sshConnection', 'description'])(
    'redacts the key in %s, which is shown',
    (field) => {
      const body = JSON.parse(
        withoutKey(JSON.stringify({ name: `${KEY}-1`, [field]: `a ${KEY} b` }), KEY),
      ) as object;
      expect(body).toEqual({ name: `${KEY}-1`, [field]: 'a [redacted] b' });
    },
  );

  it('redacts all of a text that is not JSON', () => {
    expect(withoutKey(`<p>${KEY}</p>${KEY}`, KEY)).toBe('<p>[redacted]</p>[redacted]');
  });

  it('keeps a text that contains a short key by chance', () => {
    expect(withoutKey('{"detail":"a1"}', 'a1')).toBe('{"detail":"a1"}');
  });
});
