import { describe, expect, it } from '@jest/globals';
import { ANNOTATION_LENGTHS, ANNOTATIONS } from '../../src/api/common/names.ts';
import { writeIntent } from '../../src/lifecycle/intent.ts';
import { keepOnly } from '../../src/kubernetes/objects.ts';
import { Simulation } from '../simulation/simulation.ts';
import { intent } from '../support/builders/intent.ts';
import { FLOOD_SPEC, floodAnnotations } from './support/flood.ts';

const HOSTILE = 1_000;
const VICTIM = 'victim';
const OTHERS = ['train-1', 'train-2', 'train-3'];
/** Far below one for each of them. */
const MOST_READS = 60;
const KIB = 1_024;

interface Lived {
  /** Writes of the operator to GpuPods, by name. */
  readonly writes: ReadonlyMap<string, number>;
  /** Requests to the provider, by kind. */
  readonly requests: Readonly<Record<string, number>>;
}

/** What the operator does for the others, from the flood on until all of them are gone. */
async function live(isFlooded: boolean): Promise<Lived> {
  const requests: Record<string, number> = {};
  const writes = new Map<string, number>();
  let isCounting = false;
  const simulation = new Simulation({
    isTraced: false,
    faultPlan: ({ label, to }) => {
      if (isCounting && to === 'provider') requests[label] = (requests[label] ?? 0) + 1;
      return [];
    },
  });
  simulation.server.onChange(({ kind, object, by }) => {
    const { name } = object.metadata;
    if (isCounting && kind === 'gpupods' && by !== 'person') writes.set(name, (writes.get(name) ?? 0) + 1);
  });
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply(VICTIM);
  await simulation.until('the victim is ready', () => simulation.isReady(VICTIM));
  const stolen = simulation.object(VICTIM)?.metadata.annotations?.[ANNOTATIONS.intent] ?? '';
  isCounting = true;
  const hostile = isFlooded ? HOSTILE : 0;
  for (let index = 0; index < hostile; index += 1) {
    simulation.apply(`team-z/evil-${String(index)}`, FLOOD_SPEC, floodAnnotations(index, stolen));
  }
  for (const name of OTHERS) simulation.apply(name);
  await simulation.until('the others are ready', () => OTHERS.every((name) => simulation.isReady(name)));
  await simulation.pass(60_000);
  for (const name of [VICTIM, ...OTHERS]) simulation.delete(name);
  await simulation.until('the others are gone', () =>
    [VICTIM, ...OTHERS].every((name) => simulation.object(name) === undefined),
  );
  expect(simulation.journal.violations).toEqual([]);
  return { writes, requests };
}

describe(`${String(HOSTILE)} suspended GpuPods with all that an object can hold`, () => {
  it('cost the others no write and no create request, and the provider a bounded number of lists', async () => {
    const undisturbed = await live(false);
    const flooded = await live(true);
    expect(new Map([...flooded.writes].filter(([name]) => !name.startsWith('evil-')))).toEqual(
      undisturbed.writes,
    );
    expect(flooded.requests['POST /pods/']).toBe(OTHERS.length);
    expect(flooded.requests['DELETE /pods/{id}']).toBe(OTHERS.length + 1);
    // What all of them ask for together is answered by the same lists.
    const { 'GET /pods/': lists = 0, 'GET /pods/history': histories = 0 } = flooded.requests;
    expect(lists + histories).toBeLessThanOrEqual(MOST_READS);
    const ofHostile = [...flooded.writes].filter(([name]) => name.startsWith('evil-'));
    expect(ofHostile).toHaveLength(HOSTILE);
    expect(Math.max(...ofHostile.map(([, count]) => count))).toBeLessThanOrEqual(2);
  }, 300_000);

  it('leave room for every create intent that the operator writes', () => {
    const long = '"'.repeat(256);
    const offer = {
      provider: long,
      cloudId: long,
      gpuType: long,
      socket: long,
      dataCenter: long,
      country: long,
      region: long,
    };
    const labels = { account: long, origin: long, keyFingerprint: long, teamId: long, writtenBy: long };
    const sshKey = { source: long, keyId: long, fingerprint: long, secretName: long };
    const more = { security: long, stockStatus: long, image: long, why: '"'.repeat(300) };
    const written = writeIntent(intent({ ...labels, sshKey, offer: { ...offer, ...more } }));
    expect(written.length).toBeGreaterThan(8 * KIB);
    expect(written.length).toBeLessThan(ANNOTATION_LENGTHS.get(ANNOTATIONS.intent) ?? 0);
  });

  it('leave little of themselves in the memory of the operator', () => {
    const keep = keepOnly({ annotations: ANNOTATION_LENGTHS, labels: false });
    const stolen = JSON.stringify(intent());
    for (let index = 0; index < 6; index += 1) {
      const kept = keep({
        metadata: {
          name: 'evil',
          uid: 'u',
          resourceVersion: '1',
          annotations: floodAnnotations(index, stolen),
          labels: Object.fromEntries(
            Array.from({ length: 1_000 }, (_, at) => [`junk-${String(at)}`, 'x'.repeat(63)]),
          ),
        },
        spec: FLOOD_SPEC,
      });
      // 64 variables with names of 128 characters and 32 KiB of values, and a create intent.
      expect(JSON.stringify(kept).length).toBeLessThan(48 * KIB);
    }
  });
});
