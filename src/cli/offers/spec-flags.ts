import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { isRecord } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';

/** A flag that sets one field of the spec. */
interface SpecFlag {
  readonly flags: string;
  readonly field: readonly [string, ...string[]];
  readonly description: string;
  readonly choices?: readonly string[];
  readonly read: (text: string, before: unknown) => unknown;
}

/** The fields that decide which offers fit, and in which sequence. */
const SPEC_FLAGS: readonly SpecFlag[] = [
  {
    flags: '--gpu <types>',
    field: ['gpu', 'types'],
    description: 'spec.gpu.types, with commas between',
    read: words,
  },
  { flags: '--count <number>', field: ['gpu', 'count'], description: 'spec.gpu.count', read: number },
  { flags: '--max-price <usd>', field: ['maxPrice'], description: 'spec.maxPrice, per hour', read: number },
  {
    flags: '--region <names>',
    field: ['placement', 'regions'],
    description: 'spec.placement.regions',
    read: words,
  },
  {
    flags: '--country <codes>',
    field: ['placement', 'countries'],
    description: 'spec.placement.countries',
    read: words,
  },
  {
    flags: '--data-center <names>',
    field: ['placement', 'dataCenters'],
    description: 'spec.placement.dataCenters',
    read: words,
  },
  {
    flags: '--provider <names>',
    field: ['placement', 'providers', 'allow'],
    description: 'spec.placement.providers.allow',
    read: words,
  },
  {
    flags: '--security <kind>',
    field: ['placement', 'security'],
    description: 'spec.placement.security',
    choices: ['secure_cloud', 'community_cloud', 'any'],
    read: text,
  },
  {
    flags: '--spot <rule>',
    field: ['placement', 'spot'],
    description: 'spec.placement.spot',
    choices: ['Forbid', 'Allow', 'Require'],
    read: text,
  },
  {
    flags: '--strategy <name>',
    field: ['strategy'],
    description: 'spec.strategy',
    choices: ['Cheapest', 'Ordered', 'BestStock'],
    read: text,
  },
  {
    flags: '--disk-size <gb>',
    field: ['resources', 'diskSize'],
    description: 'spec.resources.diskSize',
    read: number,
  },
  {
    flags: '--vcpus <number>',
    field: ['resources', 'vcpus'],
    description: 'spec.resources.vcpus',
    read: number,
  },
  {
    flags: '--memory <gb>',
    field: ['resources', 'memory'],
    description: 'spec.resources.memory',
    read: number,
  },
];

const TITLE = 'Fields of the spec, which replace those of the GpuPod:';

export function addSpecFlags(command: Command): void {
  for (const { flags, description, choices, read } of SPEC_FLAGS) {
    const option = new Option(flags, description).helpGroup(TITLE);
    command.addOption(choices === undefined ? option.argParser(read) : option.choices(choices));
  }
}

/** A spec with the fields that the flags of this command set. */
export function withSpecFlags(spec: JsonRecord, command: Command): JsonRecord {
  return SPEC_FLAGS.reduce<JsonRecord>((changed, { flags, field }) => {
    const value: unknown = command.getOptionValue(new Option(flags).attributeName());
    return value === undefined ? changed : withField(changed, field, value);
  }, spec);
}

export function hasSpecFlags(command: Command): boolean {
  return Object.keys(withSpecFlags({}, command)).length > 0;
}

function withField(
  record: JsonRecord,
  [key, ...rest]: readonly [string, ...string[]],
  value: unknown,
): JsonRecord {
  const [next, ...others] = rest;
  const inner = record[key];
  return next === undefined
    ? { ...record, [key]: value }
    : { ...record, [key]: withField(isRecord(inner) ? inner : {}, [next, ...others], value) };
}

function text(given: string): string {
  return given;
}

/** A flag that is given twice adds to the list. */
function words(given: string, before: unknown): readonly string[] {
  const earlier: readonly unknown[] = Array.isArray(before) ? before : [];
  return [...earlier.map(String), ...given.split(',').map((word) => word.trim())];
}

function number(given: string): number {
  const value = given.trim() === '' ? NaN : Number(given);
  if (!Number.isFinite(value)) {
    throw new InvalidArgumentError('It is not a number.');
  }
  return value;
}
