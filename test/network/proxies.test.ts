import { describe, expect, it } from '@jest/globals';
import { readProxies } from '../../src/network/proxies.ts';

const PROXY = 'http://proxy.example:3128';
const PROVIDER = 'https://api.primeintellect.ai/api/v1';
const API_SERVER = 'https://10.96.0.1:443';

describe('NO_PROXY', () => {
  it.each([
    { noProxy: '', url: 'https://a.example', isDirect: false },
    { noProxy: '*', url: 'https://a.example', isDirect: true },
    { noProxy: 'a.example', url: 'https://a.example', isDirect: true },
    { noProxy: 'a.example', url: 'https://b.a.example', isDirect: true },
    { noProxy: 'a.example', url: 'https://ba.example', isDirect: false },
    { noProxy: '.a.example', url: 'https://b.a.example', isDirect: true },
    { noProxy: '.a.example', url: 'https://a.example', isDirect: true },
    { noProxy: '*.a.example', url: 'https://b.a.example', isDirect: true },
    { noProxy: '*.a.example', url: 'https://a.example', isDirect: false },
    { noProxy: 'A.Example', url: 'https://a.EXAMPLE', isDirect: true },
    { noProxy: 'a.example.', url: 'https://a.example', isDirect: true },
    { noProxy: 'a.example', url: 'https://a.example.', isDirect: true },
    { noProxy: 'x.example, a.example', url: 'https://a.example', isDirect: true },
    { noProxy: 'x.example a.example', url: 'https://a.example', isDirect: true },
    { noProxy: 'a.example:443', url: 'https://a.example', isDirect: true },
    { noProxy: 'a.example:8443', url: 'https://a.example', isDirect: false },
    { noProxy: 'a.example:8443', url: 'https://b.a.example:8443', isDirect: true },
    { noProxy: '10.1.2.3', url: 'https://10.1.2.3:6443', isDirect: true },
    { noProxy: '10.1.2.3:6443', url: 'https://10.1.2.3:6443', isDirect: true },
    { noProxy: '10.1.2.3:6443', url: 'https://10.1.2.3', isDirect: false },
    { noProxy: '10.0.0.0/8', url: 'https://10.255.0.1', isDirect: true },
    { noProxy: '10.0.0.0/8', url: 'https://11.0.0.1', isDirect: false },
    { noProxy: '10.0.0.0/8', url: 'https://10.example', isDirect: false },
    { noProxy: '10.0.0.0/99', url: 'https://10.0.0.1', isDirect: false },
    { noProxy: '1', url: 'https://10.0.0.1', isDirect: false },
    { noProxy: 'fd00::1', url: 'https://[fd00:0::1]', isDirect: true },
    { noProxy: '[fd00::1]', url: 'https://[fd00::1]', isDirect: true },
    { noProxy: '[fd00::1]:6443', url: 'https://[fd00::1]:6443', isDirect: true },
    { noProxy: '[fd00::1]:6443', url: 'https://[fd00::1]', isDirect: false },
    { noProxy: 'fd00::/8', url: 'https://[fd12::9]', isDirect: true },
    { noProxy: 'fd00::/8', url: 'https://[fe80::9]', isDirect: false },
    { noProxy: '.', url: 'https://a.example', isDirect: false },
  ])('"$noProxy" reaches $url directly: $isDirect', ({ noProxy, url, isDirect }) => {
    const proxies = readProxies({ HTTPS_PROXY: PROXY, NO_PROXY: noProxy });
    const expected = isDirect ? undefined : PROXY;

    expect([proxies.forProvider(url), proxies.forApiServer(url)]).toEqual([expected, expected]);
  });
});

describe('the proxy', () => {
  it.each([
    { title: 'HTTPS_PROXY', env: { HTTPS_PROXY: PROXY }, expected: PROXY },
    { title: 'https_proxy', env: { https_proxy: PROXY }, expected: PROXY },
    {
      title: 'upper case before lower case',
      env: { HTTPS_PROXY: PROXY, https_proxy: 'http://other.example' },
      expected: PROXY,
    },
    {
      title: 'an empty variable counts as not set',
      env: { HTTPS_PROXY: '', https_proxy: PROXY },
      expected: PROXY,
    },
    { title: 'without a protocol', env: { HTTPS_PROXY: 'proxy.example:3128' }, expected: PROXY },
    { title: 'no_proxy in lower case', env: { HTTPS_PROXY: PROXY, no_proxy: '*' }, expected: undefined },
    { title: 'HTTP_PROXY is for http', env: { HTTP_PROXY: PROXY }, expected: undefined },
    { title: 'nothing', env: {}, expected: undefined },
  ])('is read from the environment: $title', ({ env, expected }) => {
    const proxies = readProxies(env);

    expect([proxies.forProvider(PROVIDER), proxies.forApiServer(API_SERVER)]).toEqual([expected, expected]);
    expect(proxies.problems(PROVIDER)).toEqual([]);
  });

  it.each(['http://127.0.0.1:8080', 'http://a.example'])(
    'is never used for %s, where it could read the key',
    (url) => {
      const proxies = readProxies({ HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY });

      expect([proxies.forProvider(url), proxies.forApiServer(url)]).toEqual([undefined, undefined]);
    },
  );

  it.each(['https://localhost:6443', 'https://127.0.0.1:6443', 'https://127.1.2.3', 'https://[::1]:6443'])(
    'is not asked for an API server at %s, as kubectl does not',
    (url) => {
      expect(readProxies({ HTTPS_PROXY: PROXY }).forApiServer(url)).toBeUndefined();
    },
  );
});

describe('a proxy that cannot be used', () => {
  const SECRET = 'pass-word';
  it.each([
    {
      title: 'is no URL',
      value: `http://me:${SECRET}#@proxy.example`,
      problem: /^HTTPS_PROXY is not the URL/,
    },
    {
      title: 'has an unknown protocol',
      value: `ftp://me:${SECRET}@a.example`,
      problem: /must begin with http/,
    },
    { title: 'has a wrong escape', value: `http://me:${SECRET}%@a.example`, problem: /written as %25/ },
    { title: 'is a SOCKS proxy', value: `socks5://me:${SECRET}@a.example`, problem: /no SOCKS proxy/ },
  ])('is refused if it $title, without its password', ({ value, problem }) => {
    const problems = readProxies({ HTTPS_PROXY: value }).problems(PROVIDER);

    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems.join(' ')).not.toContain(SECRET);
  });

  it('may be a SOCKS proxy if the provider is reached directly', () => {
    const proxies = readProxies({ HTTPS_PROXY: 'socks5://a.example', NO_PROXY: '.primeintellect.ai' });

    expect(proxies.problems(PROVIDER)).toEqual([]);
    expect(proxies.forApiServer(API_SERVER)).toBe('socks5://a.example');
  });
});

it.each([
  { url: 'http://a.example', noProxy: '', count: 1 },
  { url: 'http://a.example', noProxy: 'a.example', count: 0 },
  { url: 'http://127.0.0.1:8080', noProxy: '', count: 0 },
  { url: PROVIDER, noProxy: '', count: 0 },
])('warns that HTTP_PROXY is not used for $url ($noProxy): $count', ({ url, noProxy, count }) => {
  expect(readProxies({ http_proxy: PROXY, NO_PROXY: noProxy }).warnings(url)).toHaveLength(count);
});
