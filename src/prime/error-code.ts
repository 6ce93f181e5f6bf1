/**
 * The code of a system or network error (`ECONNREFUSED`), else `ERROR`. For people a code is enough, and
 * a message might hold addresses or what was sent.
 */
export function errorCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'ERROR';
}
