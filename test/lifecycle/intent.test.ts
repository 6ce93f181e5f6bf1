import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isResolved, readIntent, writeIntent } from '../../src/lifecycle/intent.ts';
import type { Intent } from '../../src/lifecycle/intent.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import { intent } from '../support/builders/intent.ts';
import type { GpuPodStatus } from '../../src/api/gpupod/status.ts';

function readingOf(annotation: Intent | string): ReturnType<typeof readIntent> {
  return readIntent(gpuPod({ intent: annotation }));
}

describe('readIntent', () => {
  it('reads nothing from a GpuPod without the annotation', () => {
    expect(readIntent(gpuPod())).toEqual({ kind: 'none' });
  });

  it('reads back every field, because the status is rebuilt from it', () => {
    const written = intent({ teamId: 'team-1', offer: { prepaidHours: 2, provisioningMinutes: 4 } });
    expect(readingOf(written)).toEqual({ kind: 'read', intent: written });
  });

  it('reads back the longest texts that a provider may send', () => {
    const word = 'é'.repeat(256);
    const offer = { provider: word, cloudId: word, gpuType: word, socket: word, image: word, region: word };
    expect(readingOf(intent({ offer }))).toMatchObject({ kind: 'read', intent: { offer } });
  });

  it('drops fields of a newer version and keeps the rest', () => {
    const text = JSON.stringify({ ...intent(), tomorrow: 1 });
    expect(readingOf(text)).toEqual({ kind: 'read', intent: intent() });
  });

  const valid = writeIntent(intent());
  it.each([
    { name: 'empty', text: '', why: 'somebody emptied it' },
    { name: 'cut', text: valid.slice(0, -1), why: 'a tool has a limit' },
    { name: 'null', text: 'null', why: 'JSON that is not an object' },
    { name: 'a list', text: `[${valid}]`, why: 'it expects an object' },
    { name: 'a number', text: '1', why: 'JSON that is not an object' },
    {
      name: 'another version',
      text: valid.replace('"v":1', '"v":2'),
      why: 'its fields may mean something else',
    },
    { name: 'attempt 0', text: JSON.stringify(intent({ attempt: 0 })), why: 'numbers begin at 1' },
    {
      name: 'a fractional attempt',
      text: JSON.stringify(intent({ attempt: 1.5 })),
      why: 'there is no such attempt',
    },
    { name: 'a negative cap', text: JSON.stringify(intent({ capSent: -1 })), why: 'there is no such price' },
    { name: 'no name', text: JSON.stringify(intent({ name: '' })), why: 'no list could be searched for it' },
    {
      name: 'a huge name',
      text: JSON.stringify(intent({ name: 'x'.repeat(64) })),
      why: 'our names have at most 63 characters',
    },
    {
      name: 'control characters',
      text: JSON.stringify(intent({ offer: { why: '\u001B[2J' } })),
      why: 'the operator never writes any, and people read them',
    },
    {
      name: 'a size below zero',
      text: JSON.stringify(intent({ sizes: { diskSize: -1 } })),
      why: 'it would make the status unwritable',
    },
    {
      name: 'a prototype key',
      text: '{"__proto__":{"v":1,"attempt":1}}',
      why: 'an inherited value was not written',
    },
    {
      name: 'a constructor',
      text: '{"constructor":{"prototype":{"v":1}}}',
      why: 'it was not written either',
    },
    {
      name: 'infinity',
      text: valid.replace('"attempt":1', '"attempt":1e999'),
      why: 'JSON parses it to Infinity',
    },
  ])('does not believe $name: $why', ({ text }) => {
    expect(readingOf(text)).toEqual({ kind: 'garbled' });
  });

  it('leaves Object.prototype unchanged, whatever the annotation says', () => {
    readingOf(`{"__proto__":{"polluted":true},${valid.slice(1)}`);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('never throws, because the annotation is untrusted input', () => {
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
    { name: 'a fresh status', status: {}, resolved: false, why: 'no outcome is recorded' },
    {
      name: 'its instance',
      status: { podId: 'pod-1', podName: intent().name.toUpperCase() },
      resolved: true,
      why: 'the instance is rented, in whatever case an upstream provider writes its name',
    },
    {
      name: 'its name without an ID',
      status: { podName: intent().name },
      resolved: false,
      why: 'somebody removed the ID: the operator finds the instance and adopts it again',
    },
    {
      name: 'its attempt with an outcome',
      status: { attempts: [{ number: 1, outcome: 'Refused' }] },
      resolved: true,
      why: 'the outcome is recorded',
    },
    {
      name: 'its attempt without an outcome',
      status: { attempts: [{ number: 1 }] },
      resolved: false,
      why: 'it has begun, not ended',
    },
    {
      name: 'an earlier attempt with an outcome',
      status: { attempts: [{ number: 1, outcome: 'Refused' }] },
      attempt: 2,
      resolved: false,
      why: 'that is another create intent',
    },
    {
      name: 'a later attempt',
      status: { attempts: [{ number: 2 }] },
      resolved: true,
      why: 'it began after this one was settled, so the annotation is older',
    },
  ])('is $resolved by $name: $why', ({ status, attempt = 1, resolved }) => {
    expect(isResolved(gpuPod({ status }), intent({ attempt }))).toBe(resolved);
  });
});
