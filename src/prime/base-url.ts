const API_PATH = '/api/v1';
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The root of all paths, without a trailing slash, or a problem text for the user. */
export type BaseUrlCheck =
  { readonly kind: 'ok'; readonly url: string } | { readonly kind: 'invalid'; readonly message: string };

export interface BaseUrlOptions {
  /** Allow sending the key in clear text to a host other than this one. @default false */
  readonly allowHttp?: boolean;
}

interface Problem {
  readonly message: string;
  readonly isThere: (url: URL, options: BaseUrlOptions) => boolean;
}

/** The first problem that applies is reported. */
const PROBLEMS: readonly Problem[] = [
  {
    message: 'The base URL must begin with https://.',
    isThere: ({ protocol }) => protocol !== 'https:' && protocol !== 'http:',
  },
  {
    message: 'The base URL must not contain a user name or a password.',
    isThere: ({ username, password }) => username !== '' || password !== '',
  },
  {
    message: 'The base URL must not contain a query or a fragment.',
    isThere: ({ search, hash }) => search !== '' || hash !== '',
  },
  {
    message: 'The base URL must begin with https://: over HTTP the API key would be readable in transit.',
    isThere: ({ protocol, hostname }, { allowHttp }) =>
      protocol === 'http:' && allowHttp !== true && !LOOPBACK_HOST.test(hostname),
  },
];

/**
 * Checks the address of the API and normalizes it: `https://api.primeintellect.ai`, `…/` and `…/api/v1/` all
 * become `https://api.primeintellect.ai/api/v1`. The messages never repeat the address, because it may hold
 * a password.
 */
export function checkBaseUrl(text: string, options: BaseUrlOptions = {}): BaseUrlCheck {
  const url = URL.parse(text.trim());
  if (url === null) {
    return { kind: 'invalid', message: 'The base URL is not a URL.' };
  }
  const problem = PROBLEMS.find(({ isThere }) => isThere(url, options));
  if (problem !== undefined) {
    return { kind: 'invalid', message: problem.message };
  }
  const path = url.pathname.replace(/\/+$/, '');
  return { kind: 'ok', url: `${url.origin}${path.endsWith(API_PATH) ? path : path + API_PATH}` };
}
