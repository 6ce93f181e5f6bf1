import * as z from 'zod';

/**
 * The description of one setting on the command line, in the environment, in the help and in the reference.
 */
export interface Setting {
  /** With its dashes: `--lease-name`. */
  readonly flag: string;
  /** Variables that set it. The first one that is not empty counts. */
  readonly env: readonly [string, ...string[]];
  /** Represents the value in the help: `duration`. A switch has none. */
  readonly placeholder: string;
  readonly isSwitch: boolean;
  /** The flag may be given several times, each time with a part of the list. */
  readonly isList: boolean;
  /** What may be written for it, as JSON Schema: the chart checks its values by this. */
  readonly accepts: JsonSchema;
  /** The default as people write it, or undefined if there is none. */
  readonly defaultText: string | undefined;
  readonly description: string;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a setting states itself. Its flag and kind determine the rest. */
export interface SettingText {
  readonly flag: string;
  /** @default GPUPOD_<FLAG> */
  readonly env?: readonly [string, ...string[]];
  readonly defaultText?: string;
  readonly description: string;
}

/** A kind of value: how to parse it, and how the help names it. */
export interface Kind<T> {
  readonly placeholder: string;
  readonly isSwitch?: boolean;
  readonly isList?: boolean;
  readonly accepts: JsonSchema;
  readonly schema: () => z.ZodType<T, string>;
}

/** The description for each leaf of the schema. Only the building of the table writes to it. */
const settingOfSchema = z.registry<Setting>();

/** A setting that always has a value. */
export function setting<T>(
  kind: Kind<T>,
  text: SettingText & { readonly defaultText: string },
): z.ZodType<T, string> {
  const schema = kind.schema();
  settingOfSchema.add(schema, toSetting(kind, text));
  return schema;
}

/** A setting that is absent if nobody sets it. */
export function optionalSetting<T>(
  kind: Kind<T>,
  text: SettingText,
): z.ZodExactOptional<z.ZodType<T, string>> {
  const schema = kind.schema().exactOptional();
  settingOfSchema.add(schema, toSetting(kind, text));
  return schema;
}

/** The description of the setting that this schema parses. */
export function settingOf(schema: z.core.$ZodType): Setting {
  const found = settingOfSchema.get(schema);
  if (found === undefined) {
    throw new TypeError('A leaf of the settings is not made by setting() or optionalSetting().');
  }
  return found;
}

function toSetting(kind: Kind<unknown>, text: SettingText): Setting {
  return {
    flag: text.flag,
    env: text.env ?? [derivedEnv(text.flag)],
    placeholder: kind.placeholder,
    isSwitch: kind.isSwitch ?? false,
    isList: kind.isList ?? false,
    accepts: kind.accepts,
    defaultText: text.defaultText,
    description: text.description,
  };
}

function derivedEnv(flag: string): string {
  return `GPUPOD_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`;
}
