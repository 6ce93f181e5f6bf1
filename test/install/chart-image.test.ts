import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { chart, templateWith } from '../manifests/support/helm.ts';
import { parseManifests, podSpecOf } from '../manifests/support/manifest.ts';

const MINUTE_MS = 60_000;
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const { appVersion } = z
  .object({ appVersion: z.string() })
  .parse(parse(readFileSync(`${chart}/Chart.yaml`, 'utf8')));

beforeAll(async () => {
  await ensureBinaries(['helm']);
}, 40 * MINUTE_MS);

async function image(...sets: readonly string[]): Promise<string> {
  const text = await templateWith(sets.flatMap((set) => ['--set-string', set]));
  return podSpecOf(parseManifests(text)).containers[0].image;
}

describe('image.repository', () => {
  it.each([
    { sets: [], why: 'nothing is set' },
    { sets: ['image.repository='], why: 'it is empty' },
    { sets: ['image.tag=1.0.0'], why: 'only the tag is set' },
    { sets: [`image.digest=${DIGEST}`], why: 'only the digest is set' },
  ])('is required when $why', async ({ sets }) => {
    await expect(image(...sets)).rejects.toThrow(
      'image.repository is empty: set it to the repository that you push the operator to, as in --set image.repository=registry.example.com/gpupod-operator',
    );
  });

  it('is required when a values file sets null', async () => {
    await expect(templateWith(['--set-json', 'image={"repository":null}'])).rejects.toThrow(
      'image.repository is empty',
    );
    await expect(templateWith(['--set-json', 'image=null'])).rejects.toThrow('image.repository is empty');
  });

  it.each([
    {
      repository: 'registry.example.com/gpupod-operator:0.1.0',
      says: 'image.repository: "registry.example.com/gpupod-operator:0.1.0" has a tag in it; put that into image.tag',
    },
    {
      repository: `registry.example.com/gpupod-operator@${DIGEST}`,
      says: 'has a digest in it; put that into image.digest',
    },
    { repository: 'https://registry.example.com/gpupod-operator', says: "'/image/repository'" },
    { repository: 'registry.example.com/GpuPod-Operator', says: "'/image/repository'" },
    { repository: 'registry.example.com/gpupod-operator/', says: "'/image/repository'" },
    { repository: ' registry.example.com/gpupod-operator', says: "'/image/repository'" },
  ])('must not be $repository', async ({ repository, says }) => {
    await expect(image(`image.repository=${repository}`)).rejects.toThrow(says);
  });
});

describe('the image', () => {
  it.each([
    { sets: ['image.repository=r.example.com/a'], expected: `r.example.com/a:${appVersion}` },
    { sets: ['image.repository=localhost:5000/a/b', 'image.tag=1.10'], expected: 'localhost:5000/a/b:1.10' },
    { sets: ['image.repository=a_b--c.d', 'image.tag=1'], expected: 'a_b--c.d:1' },
    {
      sets: ['image.repository=r.example.com/a', `image.digest=${DIGEST}`],
      expected: `r.example.com/a@${DIGEST}`,
    },
    {
      sets: ['image.repository=r.example.com/a', 'image.tag=v1', `image.digest=${DIGEST}`],
      expected: `r.example.com/a:v1@${DIGEST}`,
    },
  ])('of $sets is $expected', async ({ sets, expected }) => {
    expect(await image(...sets)).toBe(expected);
  });

  it.each([
    { set: 'image.digest=0123', why: 'it has no algorithm' },
    { set: `image.digest=${DIGEST.slice(0, -1)}`, why: 'it lacks one digit' },
    { set: 'image.tag=-x', why: 'a tag cannot start with a dash' },
  ])('cannot have $set, because $why', async ({ set }) => {
    await expect(image('image.repository=r.example.com/a', set)).rejects.toThrow(
      "values don't meet the specifications",
    );
  });

  it('has no default that somebody else could register', () => {
    const Values = z.object({ image: z.object({ repository: z.string(), digest: z.string() }) });
    const values: unknown = parse(readFileSync(`${chart}/values.yaml`, 'utf8'));
    expect(Values.parse(values).image).toMatchObject({ repository: '', digest: '' });
    // RFC 2606 keeps .invalid for names that nobody can own.
    expect(readFileSync('deploy/deployment.yaml', 'utf8')).toMatch(/image: registry\.invalid\//);
  });
});
