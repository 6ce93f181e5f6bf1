import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { SOME_IMAGE, templateWith } from '../manifests/support/helm.ts';
import { parseManifests, podSpecOf } from '../manifests/support/manifest.ts';

const MINUTE_MS = 60_000;

/** Everything that the chart can render without further CRDs. */
const ALL = {
  simulator: { enabled: true },
  admissionPolicy: { enabled: true },
  metrics: { service: true },
  networkPolicy: { enabled: true },
  rbac: { aggregateToEdit: true },
  crds: { enabled: true },
};

/** Names that YAML does not read as text without quotes: integers, floats, hexadecimal, octal, dates. */
const AWKWARD = ['43764', '3240286e-210077', '0x1f', '0777', '2026-11-30', 'true'];

beforeAll(async () => {
  await ensureBinaries(['helm']);
}, 40 * MINUTE_MS);

/** Each path of a document with the type that a YAML 1.1 parser reads, as in Kubernetes. */
function typesIn(text: string): readonly string[] {
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document, index) =>
    typesOf(document.toJS(), String(index)),
  );
}

function typesOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
    typesOf(member, `${path}.${key}`),
  );
}

function json(values: object): readonly string[] {
  return Object.entries(values).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`]);
}

/** Every text value of the chart, set to this word. */
function withWord(word: string): readonly string[] {
  return json({
    ...ALL,
    image: { repository: 'registry.example.com/a', tag: word },
    imagePullSecrets: [{ name: word }],
    fullnameOverride: word,
    nameOverride: word,
    watchNamespaces: [word],
    commonLabels: { team: word },
    podLabels: { app: word },
    podAnnotations: { a: word },
    serviceAccount: { name: word, annotations: { a: word } },
    priorityClassName: word,
    nodeSelector: { pool: word },
    primeApiKey: { secretName: word, key: word },
    admissionPolicy: { enabled: true, alsoAllow: [word], backupGroups: [word] },
    hostAliases: [{ ip: '10.0.0.1', hostnames: [word] }],
    settings: { 'default-team-id': word },
    simulator: { enabled: false },
  });
}

describe('texts that look like numbers', () => {
  it.each(AWKWARD)('renders %s as a text for the namespace and the release', async (word) => {
    const rendered = async (name: string): Promise<readonly string[]> =>
      typesIn(await templateWith([...json(ALL), ...SOME_IMAGE], name, name));
    expect(await rendered(word)).toEqual(await rendered('team-a'));
  });

  it.each(AWKWARD)('renders %s as a text in every value', async (word) => {
    expect(typesIn(await templateWith(withWord(word), word))).toEqual(
      typesIn(await templateWith(withWord('team-a'), 'team-a')),
    );
  });
});

describe('numbers', () => {
  it.each([
    { setting: 'max-total-price-per-hour', value: 1_000_000, flag: '--max-total-price-per-hour=1000000' },
    { setting: 'max-price-ceiling', value: 12.5, flag: '--max-price-ceiling=12.5' },
    { setting: 'max-price-ceiling', value: '12.50', flag: '--max-price-ceiling=12.50' },
    { setting: 'require-max-price', value: true, flag: '--require-max-price=true' },
    { setting: 'allowed-team-ids', value: ['a', '7'], flag: '--allowed-team-ids=a,7' },
  ])('renders $setting: $value as $flag', async ({ setting, value, flag }) => {
    const text = await templateWith([...json({ settings: { [setting]: value } }), ...SOME_IMAGE]);
    expect(podSpecOf(parseManifests(text)).containers[0].args).toContain(flag);
  });

  it('are never rendered with an exponent', async () => {
    const tolerations = [{ key: 'a', effect: 'NoExecute', tolerationSeconds: 12_000_000 }];
    const values = { ...ALL, tolerations, settings: { 'max-total-price-per-hour': 1_000_000 } };
    expect(await templateWith([...json(values), ...SOME_IMAGE])).not.toMatch(/\de[+-]\d/);
  });
});
