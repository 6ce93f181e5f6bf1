import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isResolved, readIntent, writeIntent } from '../../src/lifecycle/intent.ts';
import type { Intent } from '../../src/lifecycle/intent.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import { intent } from '../support/builders/intent.ts';
import type { GpuPodStatus } from '../../src/api/status.ts';

function readingOf(annotation: Intent | string): ReturnType<typeof readIntent> {
  return readIntent(gpuPod({ intent: annotation }));
}

describe('readIntent', () => {
  it('reads nothing from an object without the annotation', () => {
    expect(readIntent(gpuPod())).toEqual({ kind: 'none' });
  });

  it('reads back what was written, to the last field: the status is rebuilt from it', () => {
    const written = intent({ teamId: 'team-1', offer: { prepaidHours: 2, provisioningMinutes: 4 } });
    expect(readingOf(written)).toEqual({ kind: 'read', intent: written });
  });

  it('reads back the longest words that a provider may use', () => {
    const word = 'é'.repeat(256);
    const offer = { provider: word, cloudId: word, gpuType: word, socket: word, image: word, region: word };
    expect(readingOf(intent({ offer }))).toMatchObject({ kind: 'read', intent: { offer } });
  });

  it('drops fields of a newer version, and keeps the rest', () => {
    const text = JSON.stringify({ ...intent(), tomorrow: 1 });
    expect(readingOf(text)).toEqual({ kind: 'read', intent: intent() });
  });

  const valid = writeIntent(intent());
  it.each([
    { name: 'empty', text: '', why: 'somebody emptied it' },
    { name: 'cut', text: valid.slice(0, -1), why: 'a tool has a limit' },
    { name: 'null', text: 'null', why: 'JSON, and no object' },
    { name: 'a list', text: `[${valid}]`, why: 'an object is expected' },
    { name: 'a number', text: '1', why: 'JSON, and no object' },
    {
      name: 'another version',
      text: valid.replace('"v":1', '"v":2'),
      why: 'its fields may mean something else',
    },
    { name: 'attempt 0', text: JSON.stringify(intent({ attempt: 0 })), why: 'numbers begin at 1' },
    { name: 'a broken attempt', text: JSON.stringify(intent({ attempt: 1.5 })), why: 'no such attempt' },
    { name: 'a negative cap', text: JSON.stringify(intent({ capSent: -1 })), why: 'no such price' },
    { name: 'no name', text: JSON.stringify(intent({ name: '' })), why: 'nothing could be looked up' },
    { name: 'a huge name', text: JSON.stringify(intent({ name: 'x'.repeat(64) })), why: 'ours have 63' },
    {
      name: 'characters that a terminal obeys',
      text: JSON.stringify(intent({ offer: { why: '\u001B[2J' } })),
      why: 'we write none, and people read them',
    },
    {
      name: 'a size below zero',
      text: JSON.stringify(intent({ sizes: { diskSize: -1 } })),
      why: 'a status with it could not be written',
    },
    { name: 'a prototype key', text: '{"__proto__":{"v":1,"attempt":1}}', why: 'inherited is not written' },
    { name: 'a constructor', text: '{"constructor":{"prototype":{"v":1}}}', why: 'nor that' },
    {
      name: 'infinity',
      text: valid.replace('"attempt":1', '"attempt":1e999'),
      why: 'JSON reads it as Infinity',
    },
  ])('does not believe $name: $why', ({ text }) => {
    expect(readingOf(text)).toEqual({ kind: 'garbled' });
  });

  it('leaves Object.prototype alone, whatever the annotation says', () => {
    readingOf(`{"__proto__":{"polluted":true},${valid.slice(1)}`);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('never throws: the annotation is untrusted input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(['garbled', 'read']).toContain(readingOf(text).kind);
      }),
    );
  });
});

describe('isResolved', () => {
  it.each<{
    name: string;
    status: Partial<GpuPodStatus>;
    attempt?: number;
    resolved: boolean;
    why: string;
  }>([
    { name: 'a fresh status', status: {}, resolved: false, why: 'nobody wrote an outcome' },
    {
      name: 'its pod',
      status: { podId: 'pod-1', podName: intent().name.toUpperCase() },
      resolved: true,
      why: 'the pod is rented, in whatever case an upstream writes it',
    },
    {
      name: 'its name without an id',
      status: { podName: intent().name },
      resolved: false,
      why: 'somebody took the id away: the machine is looked up, and taken over again',
    },
    {
      name: 'its attempt with an outcome',
      status: { attempts: [{ number: 1, outcome: 'Refused' }] },
      resolved: true,
      why: 'it is written down what became of it',
    },
    {
      name: 'its attempt without an outcome',
      status: { attempts: [{ number: 1 }] },
      resolved: false,
      why: 'begun is not done',
    },
    {
      name: 'an earlier attempt with an outcome',
      status: { attempts: [{ number: 1, outcome: 'Refused' }] },
      attempt: 2,
      resolved: false,
      why: 'that is another order',
    },
    {
      name: 'a later attempt',
      status: { attempts: [{ number: 2 }] },
      resolved: true,
      why: 'it was begun once this one was settled: the annotation came back from an older moment',
    },
  ])('by $name: $resolved, because $why', ({ status, attempt = 1, resolved }) => {
    expect(isResolved(gpuPod({ status }), intent({ attempt }))).toBe(resolved);
  });
});
