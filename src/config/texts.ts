import type { DescribedSetting } from './described-settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of one setting, and where it came from. */
export interface GivenText {
  /** Undefined if it was not given, or given without a value. */
  readonly text: string | undefined;
  /** `--lease-name`, `GPUPOD_LEASE_NAME`. */
  readonly origin: string;
  /** True for a flag without a value. */
  readonly lacksValue: boolean;
}

/** Precedence: flag, environment, default. An empty variable counts as not set. */
export function textOf(
  { flag, env: names, defaultText }: DescribedSetting,
  given: ReadonlyMap<string, string | undefined>,
  env: Environment,
): GivenText {
  if (given.has(flag)) {
    const text = given.get(flag)?.trim() ?? '';
    return text === ''
      ? { text: undefined, origin: flag, lacksValue: true }
      : { text, origin: flag, lacksValue: false };
  }
  const name = names.find((one) => (env[one] ?? '') !== '');
  return name === undefined
    ? { text: defaultText, origin: flag, lacksValue: false }
    : { text: env[name], origin: name, lacksValue: false };
}
