import type * as z from 'zod';
import type { CommandLine } from './command-line.ts';
import type { DescribedSetting } from './described-settings.ts';
import { textOf } from './texts.ts';
import type { Environment, GivenText } from './texts.ts';

/** By `group.key`. */
export type Texts = ReadonlyMap<string, GivenText>;

export type GivenTexts = Extract<CommandLine, { readonly kind: 'arguments' }>['texts'];

/** The text of every setting, from flags, environment and defaults. */
export function textsOf(described: readonly DescribedSetting[], given: GivenTexts, env: Environment): Texts {
  return new Map(described.map((setting) => [pathOf(setting), textOf(setting, given, env)]));
}

/** The texts as the schema of all groups parses them. */
export function toInput(
  described: readonly DescribedSetting[],
  texts: Texts,
): Record<string, Record<string, string>> {
  const input: Record<string, Record<string, string>> = {};
  for (const setting of described) {
    const values = (input[setting.group] ??= {});
    const text = texts.get(pathOf(setting))?.text;
    if (text !== undefined) {
      values[setting.key] = text;
    }
  }
  return input;
}

/** What is wrong with the values, each with its flag or variable. */
export function valueProblems(texts: Texts, issues: readonly z.core.$ZodIssue[]): readonly string[] {
  const lacking = [...texts.values()].filter(({ lacksValue }) => lacksValue);
  const wrong = issues.flatMap(({ path, message }) => {
    const text = texts.get(path.join('.'));
    // The problem of a rule names its settings itself.
    return text === undefined ? [message] : text.lacksValue ? [] : [`${text.origin}: ${message}.`];
  });
  return [...lacking.map(({ origin }) => `${origin} needs a value.`), ...wrong];
}

function pathOf({ group, key }: DescribedSetting): string {
  return `${group}.${key}`;
}
