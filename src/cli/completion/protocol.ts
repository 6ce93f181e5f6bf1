import type { Command } from 'commander';
import { stringAt } from '../../json.ts';
import { withCluster } from '../cluster/cluster.ts';
import type { ClusterOptions } from '../cluster/cluster-options.ts';
import type { CliParts } from '../parts.ts';
import { suggestionsFor } from './suggestions.ts';
import type { Suggestions } from './suggestions.ts';

/** The command that shells ask for suggestions, as in programs that are built with Cobra. It is not in the help. */
export const COMPLETE_COMMAND = '__complete';
/** The program that kubectl asks for suggestions for `kubectl gpupod`. */
export const KUBECTL_COMPLETE = 'kubectl_complete-gpupod';

/** Cobra's directives, as kubectl reads them. */
const WITH_FILES = 0;
const WITHOUT_FILES = 4;

/** One line for each suggestion, with a tab before its description; then a line with the directive. */
export async function printSuggestions(
  parts: CliParts,
  program: Command,
  words: readonly string[],
): Promise<void> {
  const found = await suggestionsFor(
    program,
    words,
    async (kind) => await namesOf(parts, program, words, kind),
  );
  parts.print(protocolText(found));
}

function protocolText({ words, files }: Suggestions): string {
  const lines = words.map(({ word, description }) =>
    description === undefined ? word : `${word}\t${description.split('\n')[0] ?? ''}`,
  );
  return [...lines, `:${files ? WITH_FILES : WITHOUT_FILES}`].join('\n');
}

/** A failure suggests nothing, because a message would be taken for a suggestion. */
async function namesOf(
  parts: CliParts,
  program: Command,
  words: readonly string[],
  kind: string,
): Promise<readonly string[] | undefined> {
  if (kind !== 'gpupod') {
    return undefined;
  }
  try {
    return await withCluster(parts, clusterOptionsIn(program, words), async (cluster) => {
      const gpuPods = await cluster.listGpuPods(cluster.namespace);
      return gpuPods.map((gpuPod) => stringAt(gpuPod.metadata, 'name') ?? '');
    });
  } catch {
    return [];
  }
}

/** The options that were written before the word in question, `-n team-a` for example. */
function clusterOptionsIn(program: Command, words: readonly string[]): ClusterOptions {
  program.parseOptions(words.slice(0, -1));
  return program.opts<ClusterOptions>();
}
