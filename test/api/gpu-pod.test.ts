import { describe, expect, it } from '@jest/globals';
import { hasFinalizer, isDeleting, isPaused, parseGpuPod } from '../../src/api/gpu-pod.ts';
import type { GpuPod } from '../../src/api/gpu-pod.ts';
import { ANNOTATIONS } from '../../src/api/names.ts';
import { FRESH_STATUS } from '../../src/api/status.ts';
import { condition } from '../support/builders/conditions.ts';
import { gpuPod, rawGpuPod } from '../support/builders/gpu-pod.ts';

function statusFrom(status: object): GpuPod {
  const parsed = parseGpuPod({ ...rawGpuPod(), status });
  if (parsed.kind !== 'ok') throw new Error(parsed.problems);
  return parsed.gpuPod;
}

describe('parseGpuPod', () => {
  it('fills in the defaults: an older object lacks newer fields', () => {
    expect(gpuPod().spec).toMatchObject({ strategy: 'Cheapest', maxAttempts: 3, suspend: false });
  });

  it('takes an object without status, finalizers and annotations: one that was just applied', () => {
    const { status: _status, ...fresh } = rawGpuPod();
    const { finalizers: _finalizers, annotations: _annotations, ...metadata } = fresh.metadata;
    expect(parseGpuPod({ ...fresh, metadata })).toMatchObject({
      kind: 'ok',
      gpuPod: { metadata: { finalizers: [], annotations: {} }, status: { observedGeneration: -1 } },
    });
  });

  it('reads a status that does not fit as none, so that an old status cannot stop the operator', () => {
    const parsed = parseGpuPod({ ...rawGpuPod(), status: { observedGeneration: 'old' } });
    expect(parsed).toMatchObject({ kind: 'ok', gpuPod: { status: { observedGeneration: -1 } } });
  });

  it('reads an empty ID as none: nobody could terminate an instance without an ID', () => {
    const { status } = statusFrom({ observedGeneration: 1, podId: '' });
    expect(status).toEqual({ ...FRESH_STATUS, observedGeneration: 1 });
  });

  it.each([
    {
      name: 'a condition of an unknown type',
      part: { conditions: [{ ...condition('Ready', 'Available'), type: 'Expiring' }] },
      why: 'an operator of a later version wrote it before the rollback',
    },
    {
      name: 'an attempt with an unknown outcome',
      part: { attempts: [{ number: 1, outcome: 'Expired' }] },
      why: 'the same',
    },
    {
      name: 'a condition that cannot be read',
      part: { conditions: [{ type: 'Ready', status: 'Perhaps' }] },
      why: 'one field must not take the others along',
    },
    { name: 'a field of another type', part: { phase: 7 }, why: 'the same' },
  ])('keeps the ID of the instance beside $name, because $why', ({ part }) => {
    const { status } = statusFrom({ observedGeneration: 3, podId: 'p1', podName: 'n', ...part });
    expect(status).toMatchObject({ observedGeneration: 3, podId: 'p1', podName: 'n' });
  });

  it('reads an empty list as an absent one: templates write them', () => {
    const placement = { regions: [], countries: [], dataCenters: [], providers: { allow: [], deny: [] } };
    const gpu = { types: ['H100_80GB'], sockets: [] };
    const empty = parseGpuPod(rawGpuPod({ spec: { gpu, placement, disks: [], env: [] } }));
    const absent = parseGpuPod(
      rawGpuPod({ spec: { gpu: { types: ['H100_80GB'] }, placement: { providers: {} } } }),
    );
    expect(empty).toMatchObject({ kind: 'ok' });
    expect(empty).toEqual(absent);
  });

  it('leaves out what it does not know: a newer CRD has more fields', () => {
    const { spec } = gpuPod();
    const parsed = parseGpuPod({ ...rawGpuPod(), spec: { ...spec, tomorrow: true } });
    expect(parsed).toMatchObject({ kind: 'ok', gpuPod: { spec } });
  });

  it.each([
    { name: 'nothing', object: {}, problem: 'metadata' },
    { name: 'no spec', object: { ...rawGpuPod(), spec: undefined }, problem: 'spec' },
    {
      name: 'a type of GPU that is none',
      object: rawGpuPod({ spec: { gpu: { types: [''] } } }),
      problem: 'spec.gpu.types.0',
    },
    { name: 'no uid', object: rawGpuPod({ uid: '' }), problem: 'metadata.uid' },
  ])('names the problem of $name', ({ object, problem }) => {
    const parsed = parseGpuPod(object);
    expect(parsed.kind === 'invalid' ? parsed.problems : parsed).toContain(problem);
  });
});

describe('one version of an object', () => {
  it('is read once', () => {
    const raw = rawGpuPod();

    expect(parseGpuPod(raw)).toBe(parseGpuPod(raw));
    expect(parseGpuPod(raw)).not.toBe(parseGpuPod({ ...raw }));
  });
});

describe('what is told of an object that cannot be read', () => {
  it('is short, and nothing that a terminal obeys', () => {
    const hostile = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`\u001B[2J${index}`, 1]));
    const parsed = parseGpuPod({
      ...rawGpuPod(),
      metadata: { ...rawGpuPod().metadata, annotations: hostile },
    });
    const problems = parsed.kind === 'invalid' ? parsed.problems : '';

    expect(problems).toMatch(/^[ -~…]{20,300}$/);
  });

  it('tells one problem from the next', () => {
    const { metadata } = rawGpuPod();
    const parsed = parseGpuPod({ ...rawGpuPod(), metadata: { ...metadata, annotations: { a: 1, b: 1 } } });
    const problems = parsed.kind === 'invalid' ? parsed.problems.split('; ') : [];
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'metadata.annotations.a',
      'metadata.annotations.b',
    ]);
  });
});

describe('what stands on an object', () => {
  it.each([
    { value: 'true', is: true, why: 'the one value that pauses' },
    { value: 'True', is: false, why: 'only "true" does' },
    { value: '1', is: false, why: 'nor another word for it' },
    { value: '', is: false, why: 'nor an empty annotation' },
  ])('paused: "$value" is $is: $why', ({ value, is }) => {
    expect(isPaused(gpuPod({ annotations: { [ANNOTATIONS.paused]: value } }))).toBe(is);
  });

  it('is being deleted once there is a deletionTimestamp', () => {
    expect([gpuPod(), gpuPod({ isDeleting: true })].map(isDeleting)).toEqual([false, true]);
  });

  it('has the finalizer among others', () => {
    const others = gpuPod({ finalizers: ['example.com/other'] });
    const both = gpuPod({ finalizers: ['example.com/other', 'gpupod.dev/rental'] });
    expect([others, both].map(hasFinalizer)).toEqual([false, true]);
  });
});
