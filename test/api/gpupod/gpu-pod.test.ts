import { describe, expect, it } from '@jest/globals';
import {
  hasFinalizer,
  isDeleting,
  isPaused,
  keptGpuPod,
  parseGpuPod,
} from '../../../src/api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../src/api/gpupod/gpu-pod.ts';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { FRESH_STATUS } from '../../../src/api/gpupod/status.ts';
import { condition } from '../../support/builders/conditions.ts';
import { gpuPod, rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';

function statusFrom(status: object): GpuPod {
  const parsed = parseGpuPod({ ...rawGpuPod(), status });
  if (parsed.kind !== 'ok') throw new Error(parsed.problems);
  return parsed.gpuPod;
}

describe('parseGpuPod', () => {
  it('fills in the defaults, because an older object lacks newer fields', () => {
    expect(gpuPod().spec).toMatchObject({ strategy: 'Cheapest', maxAttempts: 3, suspend: false });
  });

  it('accepts a new object without status, finalizers and annotations', () => {
    const { status: _status, ...fresh } = rawGpuPod();
    const { finalizers: _finalizers, annotations: _annotations, ...metadata } = fresh.metadata;
    expect(parseGpuPod({ ...fresh, metadata })).toMatchObject({
      kind: 'ok',
      gpuPod: { metadata: { finalizers: [], annotations: {} }, status: { observedGeneration: -1 } },
    });
  });

  it('reads an invalid status as none, so that an old status cannot stop the operator', () => {
    const parsed = parseGpuPod({ ...rawGpuPod(), status: { observedGeneration: 'old' } });
    expect(parsed).toMatchObject({ kind: 'ok', gpuPod: { status: { observedGeneration: -1 } } });
  });

  it('reads an empty podId as none, because nobody could terminate an instance without an ID', () => {
    const { status } = statusFrom({ observedGeneration: 1, podId: '' });
    expect(status).toEqual({ ...FRESH_STATUS, observedGeneration: 1 });
  });

  it.each([
    {
      name: 'a condition of an unknown type',
      part: { conditions: [{ ...condition('Ready', 'Available'), type: 'Expiring' }] },
      why: 'a later version wrote it before a rollback',
    },
    {
      name: 'an attempt with an unknown outcome',
      part: { attempts: [{ number: 1, outcome: 'Expired' }] },
      why: 'a later version wrote it before a rollback',
    },
    {
      name: 'an invalid condition',
      part: { conditions: [{ type: 'Ready', status: 'Perhaps' }] },
      why: 'other fields must not be lost',
    },
    { name: 'a field of another type', part: { phase: 7 }, why: 'other fields must not be lost' },
  ])('keeps the ID of the instance next to $name: $why', ({ part }) => {
    const { status } = statusFrom({ observedGeneration: 3, podId: 'p1', podName: 'n', ...part });
    expect(status).toMatchObject({ observedGeneration: 3, podId: 'p1', podName: 'n' });
  });

  it('keeps the valid attempts beside an invalid one, because a termination that was begun is recorded there', () => {
    const begun = { number: 1, podId: 'p1', ending: 'Suspended' };
    const { status } = statusFrom({ observedGeneration: 3, attempts: [begun, { number: 'two' }] });
    expect(status.attempts).toEqual([begun]);
  });

  it('reads an empty list as absent, because templates write empty lists', () => {
    const placement = { regions: [], countries: [], dataCenters: [], providers: { allow: [], deny: [] } };
    const gpu = { types: ['H100_80GB'], sockets: [] };
    const empty = parseGpuPod(rawGpuPod({ spec: { gpu, placement, disks: [], env: [] } }));
    const absent = parseGpuPod(
      rawGpuPod({ spec: { gpu: { types: ['H100_80GB'] }, placement: { providers: {} } } }),
    );
    expect(empty).toMatchObject({ kind: 'ok' });
    expect(empty).toEqual(absent);
  });

  it('drops unknown fields, because a newer CRD has more', () => {
    const { spec } = gpuPod();
    const parsed = parseGpuPod({ ...rawGpuPod(), spec: { ...spec, tomorrow: true } });
    expect(parsed).toMatchObject({ kind: 'ok', gpuPod: { spec } });
  });

  it.each([
    { name: 'nothing', object: {}, problem: 'metadata' },
    { name: 'no spec', object: { ...rawGpuPod(), spec: undefined }, problem: 'spec' },
    {
      name: 'an unknown GPU type',
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
  it('is parsed once', () => {
    const raw = rawGpuPod();

    expect(parseGpuPod(raw)).toBe(parseGpuPod(raw));
    expect(parseGpuPod(raw)).not.toBe(parseGpuPod({ ...raw }));
  });
});

describe('the kept form of an object', () => {
  const { finalizers: _finalizers, annotations: _annotations, ...fresh } = rawGpuPod().metadata;
  const generated = { ...rawGpuPod().metadata, generateName: 'train-' };
  const terminating = { ...rawGpuPod({ isDeleting: true }).metadata, deletionGracePeriodSeconds: 0 };

  it.each([
    { name: 'a rented one', object: rawGpuPod({ intent: intent(), status: rentedStatus() }) },
    { name: 'a deleted one', object: rawGpuPod({ isDeleting: true, status: rentedStatus() }) },
    { name: 'a new one', object: { ...rawGpuPod(), metadata: fresh, status: undefined } },
    { name: 'one with empty lists', object: rawGpuPod({ spec: { disks: [], placement: { regions: [] } } }) },
    { name: 'one with an invalid status', object: { ...rawGpuPod(), status: { podId: 'p1', phase: 7 } } },
    { name: 'one with a generated name', object: { ...rawGpuPod(), metadata: generated } },
    { name: 'one with a grace period', object: { ...rawGpuPod(), metadata: terminating } },
    { name: 'one with unknown fields', object: { ...rawGpuPod(), status: { ...rentedStatus(), more: 1 } } },
  ])('is parsed to the same as $name', ({ object }) => {
    const kept = keptGpuPod(object);
    const asReceived = parseGpuPod(object);
    expect(kept).toEqual({
      apiVersion: 'gpupod.dev/v1alpha1',
      kind: 'GpuPod',
      ...(asReceived.kind === 'ok' ? asReceived.gpuPod : {}),
    });
    const parsed = parseGpuPod(kept);
    expect(parsed.kind === 'ok' && parsed.gpuPod).toBe(kept);
  });

  it('is the object itself if that cannot be parsed, so that its problems are reported', () => {
    const object = rawGpuPod({ spec: { gpu: { types: [''] } } });
    expect(keptGpuPod(object)).toBe(object);
  });

  it.each([
    { name: 'without finalizers', metadata: fresh },
    { name: 'with a generated name', metadata: generated },
    { name: 'with a grace period', metadata: terminating },
  ])('has its spec in common with one $name', ({ metadata }) => {
    const other = keptGpuPod({ ...rawGpuPod(), metadata });
    expect(Reflect.get(other, 'spec')).toBe(Reflect.get(keptGpuPod(rawGpuPod()), 'spec'));
  });

  it('has its spec in common with those of the same spec, but no ID', () => {
    const one = keptGpuPod(rawGpuPod({ uid: 'uid-1', status: rentedStatus({ podId: 'p1' }) }));
    const other = keptGpuPod(rawGpuPod({ uid: 'uid-2', status: rentedStatus({ podId: 'p2' }) }));
    const unlike = keptGpuPod(rawGpuPod({ spec: { maxAttempts: 4 } }));
    expect(Reflect.get(other, 'spec')).toBe(Reflect.get(one, 'spec'));
    expect(other).toMatchObject({ metadata: { uid: 'uid-2' }, status: { podId: 'p2' } });
    expect(unlike).toMatchObject({ spec: { maxAttempts: 4 } });
  });
});

describe('the problems of an object that is not readable', () => {
  it('are short, and have no control characters', () => {
    const hostile = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`\u001B[2J${index}`, 1]));
    const parsed = parseGpuPod({
      ...rawGpuPod(),
      metadata: { ...rawGpuPod().metadata, annotations: hostile },
    });
    const problems = parsed.kind === 'invalid' ? parsed.problems : '';

    expect(problems).toMatch(/^[ -~…]{20,300}$/);
  });

  it('are separated from each other', () => {
    const { metadata } = rawGpuPod();
    const parsed = parseGpuPod({ ...rawGpuPod(), metadata: { ...metadata, annotations: { a: 1, b: 1 } } });
    const problems = parsed.kind === 'invalid' ? parsed.problems.split('; ') : [];
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'metadata.annotations.a',
      'metadata.annotations.b',
    ]);
  });
});

describe('the markers on an object', () => {
  it.each([
    { value: 'true', is: true, why: 'the only value that pauses' },
    { value: 'True', is: false, why: 'only "true" does' },
    { value: '1', is: false, why: 'not another word for it' },
    { value: '', is: false, why: 'not an empty annotation' },
  ])('read paused "$value" as $is: $why', ({ value, is }) => {
    expect(isPaused(gpuPod({ annotations: { [ANNOTATIONS.paused]: value } }))).toBe(is);
  });

  it('show a deletion by the deletionTimestamp', () => {
    expect([gpuPod(), gpuPod({ isDeleting: true })].map(isDeleting)).toEqual([false, true]);
  });

  it('show the finalizer among others', () => {
    const others = gpuPod({ finalizers: ['example.com/other'] });
    const both = gpuPod({ finalizers: ['example.com/other', 'gpupod.dev/rental'] });
    expect([others, both].map(hasFinalizer)).toEqual([false, true]);
  });
});
