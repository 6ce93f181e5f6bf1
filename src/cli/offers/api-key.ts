import type { Clock } from '../../clock.ts';
import { fileApiKey, literalApiKey } from '../../prime/api-key.ts';
import type { ApiKeySource } from '../../prime/api-key.ts';
import { CliError } from '../cli-error.ts';
import type { CliParts } from '../parts.ts';

const HOW =
  'Set PRIME_API_KEY to a key with the permission Availability: read, or --api-key-file to a file that holds one.';

/**
 * The user's own key. It is never an argument, because others on this computer can see arguments.
 *
 * @throws {CliError} if there is none, or one that cannot be a key
 */
export function userApiKey(env: CliParts['env'], file: string | undefined, clock: Clock): ApiKeySource {
  const key = env['PRIME_API_KEY'] ?? '';
  if (file !== undefined && key !== '') {
    throw new CliError(
      'PRIME_API_KEY and --api-key-file are both given, and may belong to different accounts. Unset one.',
    );
  }
  if (file === undefined && key === '') {
    throw new CliError(`There is no API key. ${HOW}`);
  }
  const source = file === undefined ? literalApiKey(key, '') : fileApiKey(file, clock, '');
  const state = source.current();
  if (state.kind === 'missing') {
    throw new CliError(`${state.message.trim()} ${HOW}`);
  }
  return source;
}
