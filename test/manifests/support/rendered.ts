import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

const Objects = z.array(z.looseObject({ kind: z.string() }));
export type Objects = z.infer<typeof Objects>;

function toObject(document: { toJS(): unknown }): unknown {
  return document.toJS();
}

/** The objects of a file of YAML documents. */
export function objectsIn(text: string): Objects {
  const all = parseAllDocuments(text).map((document) => toObject(document));
  return Objects.parse(all.filter((object) => object !== null));
}

/** The only object of a kind, or undefined if there is none. */
export function one(objects: Objects, kind: string): Objects[number] | undefined {
  return objects.find((object) => object.kind === kind);
}

/** True for an object that exists only while Helm does this, such as `pre-delete`. */
export function isHook(object: object, event: string): boolean {
  return JSON.stringify(object).includes(`"helm.sh/hook":"${event}"`);
}
