import { Command, InvalidArgumentError, Option } from 'commander';
import { chooseOffer } from '../../lifecycle/choose-offer.ts';
import { capToMicros } from '../../offers/money.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { limitsFrom, noCooldowns } from '../../offers/requirements.ts';
import type { OfferPolicy } from '../../offers/requirements.ts';
import { CliError } from '../cli-error.ts';
import { withCluster } from '../cluster/cluster.ts';
import type { ClusterOptions } from '../cluster/cluster-options.ts';
import { formatOutput, outputOption } from '../output/output-format.ts';
import type { OutputFormat } from '../output/output-format.ts';
import type { CliParts } from '../parts.ts';
import { userApiKey } from './api-key.ts';
import { askProvider, offersProblem } from './ask-provider.ts';
import { fromCluster, fromFile, parseWritten } from './gpu-pod-source.ts';
import type { WrittenGpuPod } from './gpu-pod-source.ts';
import { notesOn } from './notes.ts';
import { offersOutput } from './offers-output.ts';
import { addSpecFlags, hasSpecFlags, withSpecFlags } from './spec-flags.ts';

interface OffersOptions extends ClusterOptions {
  readonly filename?: string;
  readonly apiKeyFile?: string;
  readonly apiKey?: string | true;
  readonly maxPriceCeiling?: MicroUsd;
  readonly output?: OutputFormat;
}

const DESCRIPTION =
  'Shows which offer a GpuPod would get now and at what price, and why not the others. It rents nothing.\n\n' +
  'The GpuPod is one of the cluster (NAME), one of a file (-f), or made from flags (--gpu). ' +
  'The choice is that of the operator, by the same code. It does not know what only the operator knows: its settings, ' +
  'its budget, and offers that it avoids after a failure.\n\n' +
  'It asks Prime Intellect with your own API key, from PRIME_API_KEY or --api-key-file. The key needs the permission Availability: read.';

/** `gpupod offers`. */
export function offersCommand(parts: CliParts): Command {
  const command = new Command('offers')
    .summary('Show which offer a GpuPod would get now, and why not the others')
    .description(DESCRIPTION)
    .argument('[gpupod]', 'Name of the GpuPod')
    .option('-f, --filename <file>', 'A manifest with the GpuPod; - for standard input')
    .option('--api-key-file <file>', 'File that holds the API key')
    .addOption(new Option('--api-key [key]').hideHelp())
    .option('--max-price-ceiling <usd>', 'The setting of the operator of this name, if you know it', usd)
    .addOption(outputOption());
  addSpecFlags(command);
  return command.action(async (name: string | undefined, _options: unknown, self: Command) => {
    await showOffers(parts, name, self);
  });
}

async function showOffers(parts: CliParts, name: string | undefined, command: Command): Promise<void> {
  const options = command.optsWithGlobals<OffersOptions>();
  if (options.apiKey !== undefined) {
    throw new CliError(
      'The API key is not taken as an argument, which others can see: set PRIME_API_KEY or --api-key-file.',
    );
  }
  const apiKey = userApiKey(parts.env, options.apiKeyFile, parts.clock);
  const written = await readGpuPod(parts, name, command);
  const gpuPod = parseWritten({ ...written, spec: withSpecFlags(written.spec, command) });
  const offers = await askProvider(parts, apiKey, gpuPod);
  const policy = policyOf(options);
  const selection = chooseOffer({ gpuPod, policy, cooldownOf: noCooldowns }, offers);
  if (selection.kind === 'failure') {
    throw offersProblem(selection);
  }
  const notes = [
    ...(written.object === undefined ? [] : notesOn(gpuPod)),
    ...(offers.missing === undefined ? [] : [`Some offers are missing: ${offers.missing.message}`]),
  ];
  const output = offersOutput({ selection, limits: limitsFrom(gpuPod.spec, policy), notes });
  parts.print(formatOutput(output, options.output));
}

async function readGpuPod(
  parts: CliParts,
  name: string | undefined,
  command: Command,
): Promise<WrittenGpuPod> {
  const options = command.optsWithGlobals<OffersOptions>();
  if (options.filename !== undefined) {
    return fromFile(options.filename, name);
  }
  if (name !== undefined) {
    return await withCluster(parts, options, async (cluster) => await fromCluster(cluster, name));
  }
  if (!hasSpecFlags(command)) {
    throw new CliError(
      'Nothing says which GpuPod is meant: give its NAME, a file with -f, or flags such as --gpu H100_80GB.',
    );
  }
  return { spec: {} };
}

function policyOf({ maxPriceCeiling }: OffersOptions): OfferPolicy {
  return maxPriceCeiling === undefined ? {} : { maxPriceCeiling };
}

function usd(text: string): MicroUsd {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It is not an amount in USD.');
  }
  return capToMicros(value);
}
