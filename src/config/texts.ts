import type { DescribedSetting } from './described-settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of one setting, and what to call its origin when it is wrong. */
export interface GivenText {
  /** Undefined: not given, or given without a value. */
  readonly text: string | undefined;
  /** `--lease-name`, `GPUPOD_LEASE_NAME`. */
  readonly origin: string;
  /** A flag with nothing behind it. */
  readonly lacksValue: boolean;
}

/** Flag before environment before default; a variable that is empty is not set. */
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
