import { isLoopback, readNoProxy } from './no-proxy.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxies that the environment names. Its URLs may hold a password, so that nothing here is enumerable. */
export interface Proxies {
  /** True if no request will use one. */
  readonly isNone: boolean;
  /** The proxy for the provider, with its credentials; undefined: none. */
  readonly forProvider: (url: string) => string | undefined;
  /** The proxy for the API server. As kubectl does, the operator asks no proxy for a server on its own host. */
  readonly forApiServer: (url: string) => string | undefined;
  /** Sentences for the user. They never repeat a URL. */
  readonly problems: (providerUrl: string) => readonly string[];
  readonly warnings: (providerUrl: string) => readonly string[];
}

interface Named {
  /** The variable. */
  readonly name: string;
  readonly value: string;
}

const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:', 'socks5h:']);
const PROVIDER_PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:']);

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY in upper or lower case. As in Go, upper case wins, and an empty variable
 * counts as not set.
 */
export function readProxies(env: Environment): Proxies {
  const https = firstOf(env, 'HTTPS_PROXY');
  const http = firstOf(env, 'HTTP_PROXY');
  const isExempt = readNoProxy(firstOf(env, 'NO_PROXY')?.value ?? '');
  const address = https === undefined ? undefined : withProtocol(https.value);
  // Over http:// the proxy could read the key or the token, so those requests use no proxy.
  const isProxied = (url: URL | null): boolean => url?.protocol === 'https:' && !isExempt(url);

  return {
    isNone: https === undefined,
    forProvider: (url) => (isProxied(URL.parse(url)) ? address : undefined),
    forApiServer: (text) => {
      const url = URL.parse(text);
      return url !== null && isProxied(url) && !isLoopback(url) ? address : undefined;
    },
    problems: (providerUrl) =>
      https === undefined ? [] : problemsOf(https, isProxied(URL.parse(providerUrl))),
    warnings: (providerUrl) => {
      const url = URL.parse(providerUrl);
      return http !== undefined && url?.protocol === 'http:' && !isLoopback(url) && !isExempt(url)
        ? [
            `${http.name} is set, but not used: the proxy could read the API key on its way to an http:// base URL. These requests go to the provider directly.`,
          ]
        : [];
    },
  };
}

function problemsOf({ name, value }: Named, isForProvider: boolean): readonly string[] {
  const url = URL.parse(withProtocol(value));
  if (url === null || url.hostname === '') {
    return [
      `${name} is not the URL of a proxy. Characters such as # or / in its password must be percent-encoded.`,
    ];
  }
  if (!PROTOCOLS.has(url.protocol)) {
    return [`${name} must begin with http://, https:// or socks5://.`];
  }
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    return [`${name}: a % in its user name or password must be written as %25.`];
  }
  return isForProvider && !PROVIDER_PROTOCOLS.has(url.protocol)
    ? [
        `${name} must begin with http:// or https://: the operator reaches the provider through no SOCKS proxy.`,
      ]
    : [];
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** `proxy.example:3128` is common. */
function withProtocol(value: string): string {
  return value.includes('://') ? value : `http://${value}`;
}

function firstOf(env: Environment, name: string): Named | undefined {
  for (const one of [name, name.toLowerCase()]) {
    const value = env[one]?.trim() ?? '';
    if (value !== '') {
      return { name: one, value };
    }
  }
  return undefined;
}
