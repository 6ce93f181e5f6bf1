import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { isHook, objectsIn } from './rendered.ts';

const Rule = z.strictObject({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
  resourceNames: z.array(z.string()).optional(),
});

const Manifest = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  rules: z.array(Rule).optional(),
  subjects: z
    .array(z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() }))
    .optional(),
  roleRef: z.object({ kind: z.string(), name: z.string() }).optional(),
  spec: z.record(z.string(), z.unknown()).optional(),
});

/** The fields of an applied object that the tests check. */
export type Manifest = z.output<typeof Manifest>;

/** The objects of a YAML stream, without empty documents. */
export function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    const object: unknown = document.toJS();
    return object === null ? [] : [Manifest.parse(object)];
  });
}

/** The objects that an installation creates: without those that exist only before an uninstallation. */
export function parseInstalled(text: string): readonly Manifest[] {
  const objects = objectsIn(text).filter((object) => !isHook(object, 'pre-delete'));
  return objects.map((object) => Manifest.parse(object));
}

/** Everything that the objects of this kind allow, one line for each verb on each resource, sorted. */
export function permissions(manifests: readonly Manifest[], kind: 'Role' | 'ClusterRole'): readonly string[] {
  return manifests
    .filter((manifest) => manifest.kind === kind)
    .flatMap(({ rules = [] }) => rules)
    .flatMap(({ apiGroups, resources, verbs, resourceNames = ['*'] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) => resourceNames.map((name) => `${verb} ${resource}.${group}/${name}`)),
        ),
      ),
    )
    .sort();
}

/** The only object of this kind. */
function theOnly(manifests: readonly Manifest[], kind: string): Manifest {
  const [manifest, ...others] = manifests.filter((candidate) => candidate.kind === kind);
  if (manifest === undefined || others.length > 0) throw new Error(`expected one ${kind}`);
  return manifest;
}

const Probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });

const Deployment = z.object({
  spec: z.object({
    replicas: z.number(),
    template: z.object({
      spec: z.looseObject({
        serviceAccountName: z.string(),
        terminationGracePeriodSeconds: z.number(),
        volumes: z.array(z.object({ name: z.string(), secret: z.object({ secretName: z.string() }) })),
        containers: z.tuple([
          z.looseObject({
            image: z.string(),
            args: z.array(z.string()).nullable(),
            env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
            ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
            livenessProbe: Probe,
            readinessProbe: Probe,
            volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
      }),
    }),
  }),
});

/** The Pod template of the operator. */
export type PodSpec = z.output<typeof Deployment>['spec']['template']['spec'];

export function podSpecOf(manifests: readonly Manifest[]): PodSpec {
  return Deployment.parse(theOnly(manifests, 'Deployment')).spec.template.spec;
}
