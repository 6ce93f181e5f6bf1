import { CliError } from '../cli-error.ts';
import type { CopySide } from './ssh-arguments.ts';

/** `train-1:/data`, `team-a/train-1:/data`. */
const REMOTE =
  /^(?:(?<namespace>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\/)?(?<name>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):(?<path>.*)$/s;

/** A copy between this computer and the instance of one GpuPod. */
export interface Copy {
  readonly name: string;
  /** Undefined: that of the options. */
  readonly namespace: string | undefined;
  readonly sides: readonly [CopySide, CopySide];
}

/**
 * Reads source and destination, one of which is `NAME:path`.
 *
 * @throws {CliError} if both or none are
 */
export function copyOf(source: string, destination: string): Copy {
  const from = REMOTE.exec(source)?.groups;
  const to = REMOTE.exec(destination)?.groups;
  if ((from === undefined) === (to === undefined)) {
    throw new CliError(
      from === undefined
        ? 'Neither SOURCE nor DESTINATION is on an instance: write one of them as NAME:path.'
        : 'SOURCE and DESTINATION are both on an instance: copy to this computer first. A local path with a colon begins with ./',
    );
  }
  const { name = '', namespace } = from ?? to ?? {};
  return { name, namespace, sides: [sideOf(source, from), sideOf(destination, to)] };
}

function sideOf(text: string, remote: Readonly<Record<string, string>> | undefined): CopySide {
  return remote === undefined
    ? { kind: 'local', path: text }
    : { kind: 'remote', path: remote['path'] ?? '' };
}
