import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { isRecord, parseJson } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { AccountScene } from './account-scene.ts';
import { lasting, NAME } from './edits.ts';
import { removeByForce } from './people.ts';
import { podIdOf, specOf, statusOf } from './readings.ts';
import { Simulation } from './simulation.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Text {
  readonly [field: string]: unknown;
}

/** What somebody makes of the create intent before the GpuPod is applied again. */
type Edit = (text: Text, nowText: string) => Text;

const AS_IT_WAS: Edit = (text) => text;
const BEGUN_NOW: Edit = (text, nowText) => ({ ...text, startedAt: nowText });

/** As versions wrote it that signed no create intent. */
function unsigned({ proof: _proof, ...text }: Text): Text {
  return text;
}

function intentOf(object: RawObject): Text {
  const text = parseJson(object.metadata.annotations?.[ANNOTATIONS.intent] ?? '');
  return isRecord(text) ? text : {};
}

/** Keeps the instance, and applies the GpuPod again under another UID, with its create intent edited. */
function applyAgain(simulation: Simulation, edit: Edit): void {
  const saved = held(simulation);
  removeByForce(simulation);
  const text = edit(intentOf(saved), simulation.nowText());
  const annotations = { [ANNOTATIONS.intent]: JSON.stringify(text) };
  simulation.apply(NAME, lasting(specOf(saved)), annotations);
}

function held(simulation: Simulation): RawObject {
  const object = simulation.object();
  if (object === undefined) throw new Error('there is no GpuPod');
  return object;
}

/** How old the instance became; undefined while it lives. */
function ageAtEndMs({ api }: Simulation, podId: string | undefined): number | undefined {
  const entry = api.world.ledger.entries().find(({ id }) => id === podId);
  if (entry === undefined) throw new Error('the provider does not know the instance');
  return entry.endedAtMs === null ? undefined : entry.endedAtMs - entry.createdAtMs;
}

describe('a GpuPod that is applied again with its create intent, under a lifetime ceiling of an hour', () => {
  it.each<{ name: string; edit: Edit; restarts?: boolean }>([
    { name: 'as it was', edit: AS_IT_WAS },
    { name: 'as it was, without a proof', edit: unsigned },
    { name: 'with a later beginning', edit: BEGUN_NOW },
    { name: 'with a later beginning and without a proof', edit: (...of) => unsigned(BEGUN_NOW(...of)) },
    { name: 'with a later beginning, while the operator is away', edit: BEGUN_NOW, restarts: true },
    {
      name: 'with a beginning that is no time',
      edit: (text) => ({ ...text, startedAt: 'soon' }),
    },
  ])('keeps its instance until the hour is over, $name', async ({ edit, restarts = false }) => {
    const policy = { ...OPEN_POLICY, maxLifetimeMs: HOUR_MS };
    const simulation = new Simulation({ settings: { policy } });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until('ready', () => simulation.isReady());
    const podId = podIdOf(simulation.object());
    await simulation.pass(40 * MINUTE_MS);
    if (restarts) simulation.operator.kill();
    applyAgain(simulation, edit);
    await simulation.until('it is ready again', () => simulation.isReady());
    expect(podIdOf(simulation.object())).toBe(podId);
    await simulation.pass(40 * MINUTE_MS);
    const ageMs = ageAtEndMs(simulation, podId) ?? Infinity;
    expect(ageMs).toBeGreaterThan(HOUR_MS - MINUTE_MS);
    expect(ageMs).toBeLessThan(HOUR_MS + 5 * MINUTE_MS);
  });
});

/** ClusterGpuAccount ml pays in team-a, for an hour; lax is of the same user, and for nobody there. */
async function sceneOfMl(): Promise<AccountScene> {
  const scene = new AccountScene();
  const limits = { maxLifetime: '1h', maxInstances: 1 };
  const namespaceSelector = { matchLabels: { team: 'team-a' } };
  scene.addClusterAccount('ml', 'key-of-a', { namespaceSelector, isDefault: true, limits });
  scene.addClusterAccount('lax', 'second-key-of-a', {
    namespaceSelector: { matchLabels: { team: 'team-b' } },
    limits: { allowRetain: true },
  });
  await scene.start();
  await scene.simulation.pass(2 * MINUTE_MS);
  scene.apply('team-a');
  await scene.untilReady('team-a');
  return scene;
}

describe('a GpuPod that is applied again with another payer in its create intent', () => {
  it.each<{ name: string; edit: Edit; restarts?: boolean }>([
    { name: 'as it was', edit: AS_IT_WAS },
    { name: 'as it was, without a proof', edit: unsigned },
    { name: 'without one', edit: ({ payer: _payer, ...text }) => text },
    {
      name: 'without one, while the operator is away',
      edit: ({ payer: _, ...text }) => text,
      restarts: true,
    },
    {
      name: 'one of the same user that is not for this namespace',
      edit: (text) => ({ ...text, payer: { kind: 'ClusterGpuAccount', name: 'lax' } }),
    },
    {
      name: 'one that does not exist',
      edit: (text) => ({ ...text, payer: { kind: 'GpuAccount', name: 'none' } }),
    },
  ])('stays under the limits of the account that paid, $name', async ({ edit, restarts = false }) => {
    const scene = await sceneOfMl();
    const { simulation } = scene;
    const { account } = statusOf(scene.held('team-a'));
    const podId = podIdOf(scene.held('team-a'));
    await simulation.pass(10 * MINUTE_MS);
    if (restarts) simulation.operator.kill();
    applyAgain(simulation, edit);
    await scene.untilReady('team-a');
    expect(statusOf(scene.held('team-a'))).toMatchObject({ account, podId });
    scene.edit('team-a', (object) => ({ ...object, spec: { ...specOf(object), deletionPolicy: 'Retain' } }));
    await simulation.pass(60 * MINUTE_MS);
    expect(ageAtEndMs(simulation, podId)).toBeLessThan(HOUR_MS + 5 * MINUTE_MS);
  });
});
