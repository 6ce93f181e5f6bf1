import type * as z from 'zod';
import { settingOf } from './setting.ts';
import type { Setting } from './setting.ts';
import { GROUP_TITLES, SETTINGS } from './settings.ts';

/** A setting with its place in the configuration. */
export interface DescribedSetting extends Setting {
  readonly group: string;
  readonly key: string;
  /** The title of its group. */
  readonly title: string;
}

/** Every setting of the operator, in the sequence of the help and the reference. */
export function describedSettings(): readonly DescribedSetting[] {
  return describeSettings(SETTINGS, GROUP_TITLES);
}

/** Groups of settings, each a schema of leaves. */
export type SettingsGroups = Readonly<Record<string, z.ZodObject<z.core.$ZodShape>>>;

/** The settings of these groups, in their sequence. */
export function describeSettings(
  groups: SettingsGroups,
  titles: Readonly<Record<string, string>>,
): readonly DescribedSetting[] {
  return Object.entries(groups).flatMap(([group, { shape }]) =>
    Object.entries(shape).map(([key, schema]) => ({
      ...settingOf(schema),
      group,
      key,
      title: titles[group] ?? group,
    })),
  );
}
