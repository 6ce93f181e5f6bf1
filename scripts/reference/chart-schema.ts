import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describedSettings } from '../../src/config/described-settings.ts';
import type { JsonSchema } from '../../src/config/setting.ts';

/** Settings that the chart sets itself, or that have no meaning in a Pod. */
const OF_THE_CHART = new Set([
  '--watch-namespace',
  '--gpu-accounts',
  '--ssh-probe',
  '--ssh-probe-allowed-cidrs',
  '--namespace',
  '--lease-name',
  '--lease-owner',
  '--leader-elect',
  '--prime-api-key-file',
  '--kubeconfig',
  '--context',
]);

export const CHART_SCHEMA = 'charts/gpupod-operator/values.schema.json';

interface ValuesSchema {
  readonly properties: Readonly<Record<string, object>>;
}

/** The current schema of the chart's values, with `settings` generated from the table of settings. */
export function chartSchema(): string {
  const file = path.resolve(import.meta.dirname, '../..', CHART_SCHEMA);
  const schema = JSON.parse(readFileSync(file, 'utf8')) as ValuesSchema;
  const settings = {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: settingProperties(),
  };
  return `${JSON.stringify({ ...schema, properties: { ...schema.properties, settings } }, null, 2)}\n`;
}

function settingProperties(): Readonly<Record<string, object>> {
  const settings = describedSettings().filter(({ flag }) => !OF_THE_CHART.has(flag));
  return Object.fromEntries(
    settings.map(({ flag, accepts, description }) => {
      // The probes and the Service use this port.
      const only = flag === '--http-address' ? { pattern: ':8080$' } : {};
      return [flag.slice(2), { description, ...quotedOrNull({ ...accepts, ...only }) }];
    }),
  );
}

/** A value of null unsets a setting that another values file sets. */
function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: choices } = schema;
  return {
    ...schema,
    ...(type === undefined ? {} : { type: [type, 'null'].flat() }),
    ...(Array.isArray(choices) ? { enum: [...(choices as readonly unknown[]), null] } : {}),
  };
}

/**
 * A text that may consist of digits only. YAML reads 012345 without quotes as the number 5349, so the operator would
 * get another text than the file shows. Helm prints the `const` in its error.
 */
function quotedOrNull(schema: JsonSchema): JsonSchema {
  const { type, pattern } = schema;
  const mayBeDigits = type === 'string' && typeof pattern === 'string' && new RegExp(pattern).test('012345');
  return mayBeDigits
    ? {
        if: { type: ['number', 'boolean'] },
        then: { const: 'a text: quote it, as in "012345"' },
        else: orNull(schema),
      }
    : orNull(schema);
}
