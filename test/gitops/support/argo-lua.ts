import { LuaFactory, LuaLibraries } from 'wasmoon';
import * as z from 'zod';
import type { RawObject } from '../../../src/kubernetes/objects.ts';

/** The time that the scripts see. */
export const LUA_TIME = '2026-11-23T10:10:00Z';

const Health = z.strictObject({
  status: z.enum(['Healthy', 'Progressing', 'Degraded', 'Suspended']),
  message: z.string(),
});
export type ArgoHealth = z.output<typeof Health>;

const Actions = z.record(z.string(), z.strictObject({ displayName: z.string(), disabled: z.boolean() }));
export type ArgoActions = z.output<typeof Actions>;

export async function argoHealth(script: string, object: RawObject): Promise<ArgoHealth> {
  return Health.parse(await runLua(script, object));
}

export async function argoActions(script: string, object: RawObject): Promise<ArgoActions> {
  return Actions.parse(await runLua(script, object));
}

const Changed = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }),
  spec: z.looseObject({ suspend: z.boolean().optional() }),
});

/** The object that an action returns. Argo CD patches the cluster with its difference from the old one. */
export async function afterAction(script: string, object: RawObject): Promise<z.output<typeof Changed>> {
  return Changed.parse(await runLua(script, object));
}

const factory = new LuaFactory();

/**
 * Runs a script as Argo CD does: the object is the global `obj`, with the libraries base and table, and an `os` that
 * only tells the time and must be required. A script that uses `string` or `math` fails, as it does there.
 */
async function runLua(script: string, object: RawObject): Promise<unknown> {
  const engine = await factory.createEngine({
    openStandardLibs: false,
    injectObjects: false,
    enableProxy: false,
  });
  try {
    engine.global.loadLibrary(LuaLibraries.Base);
    engine.global.loadLibrary(LuaLibraries.Table);
    engine.global.set('require', (name: string) => (name === 'os' ? { date: dateText } : undefined));
    engine.global.set('obj', object);
    return engine.doStringSync(script);
  } finally {
    engine.global.close();
  }
}

/** The flags that Argo CD's own `os.date` knows, as far as the scripts use them. Another one stays as it is. */
function dateText(format: string): string {
  if (!format.startsWith('!')) throw new Error(`${format} gives local time, which has no offset in the text`);
  const [year = '', month = '', day = '', hour = '', minute = '', second = ''] = LUA_TIME.match(/\d+/g) ?? [];
  const values: Readonly<Record<string, string>> = {
    Y: year,
    m: month,
    d: day,
    H: hour,
    M: minute,
    S: second,
  };
  return format.slice(1).replaceAll(/%(\w)/g, (flag, letter: string) => values[letter] ?? flag);
}
