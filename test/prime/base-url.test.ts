import { describe, expect, it } from '@jest/globals';
import { checkBaseUrl } from '../../src/prime/base-url.ts';

describe('checkBaseUrl', () => {
  const API = 'https://api.primeintellect.ai/api/v1';

  it.each([
    { text: 'https://api.primeintellect.ai', url: API },
    { text: 'https://api.primeintellect.ai/', url: API },
    { text: 'https://api.primeintellect.ai/api/v1', url: API },
    { text: ' https://API.primeintellect.ai//api/v1// ', url: 'https://api.primeintellect.ai//api/v1' },
    { text: 'https://proxy.example/prime', url: 'https://proxy.example/prime/api/v1' },
    { text: 'http://127.0.0.1:8080', url: 'http://127.0.0.1:8080/api/v1' },
    { text: 'http://localhost:8080/', url: 'http://localhost:8080/api/v1' },
    { text: 'http://[::1]:8080', url: 'http://[::1]:8080/api/v1' },
  ])('$text', ({ text, url }) => {
    expect(checkBaseUrl(text)).toEqual({ kind: 'ok', url });
  });

  it.each([
    { name: 'no URL', text: 'api.primeintellect.ai' },
    { name: 'empty', text: '' },
    { name: 'another protocol', text: 'ftp://api.primeintellect.ai' },
    { name: 'clear text', text: 'http://api.primeintellect.ai' },
    { name: 'a host that only begins like a loopback address', text: 'http://127.0.0.1.example.com' },
    { name: 'a host that only begins like localhost', text: 'http://localhost.example.com' },
    { name: 'a password', text: 'https://user:canary@api.primeintellect.ai' },
    { name: 'a user', text: 'https://canary@api.primeintellect.ai' },
    { name: 'a query', text: 'https://api.primeintellect.ai?x=canary' },
    { name: 'a fragment', text: 'https://api.primeintellect.ai#canary' },
  ])('refuses $name, and does not repeat it', ({ text }) => {
    const check = checkBaseUrl(text);

    expect(check.kind).toBe('invalid');
    expect(JSON.stringify(check)).not.toContain('canary');
  });

  it('allows clear text to another host with allowHttp', () => {
    expect(checkBaseUrl('http://simulator:80', { allowHttp: true })).toEqual({
      kind: 'ok',
      url: 'http://simulator/api/v1',
    });
  });
});
