import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FrameMemberError, OperatorFrame } from '../../src/kubernetes/operator-frame.ts';
import { Reflector } from '../../src/kubernetes/reflector.ts';
import { type Runtime, startRuntime } from './support/runtime.ts';
import { until } from './support/until.ts';

const THINGS = '/apis/example.dev/v1/things';

let runtime: Runtime;
let frame: ThingOperator;

class ThingOperator extends OperatorFrame {
  readonly heard: string[] = [];
  readonly dates: unknown[] = [];
  fails = false;

  /** Everything that a subclass could reach and must not use. */
  forbidden(): Record<string, () => unknown> {
    const meta = { id: 'x', name: 'a', resourceVersion: '1', apiVersion: 'v1', kind: 'Thing' };
    return {
      registerCustomResourceDefinition: async () => await this.registerCustomResourceDefinition(),
      k8sApi: () => this.k8sApi,
      getCustomResourceApiUri: () => this.getCustomResourceApiUri(),
      setResourceStatus: async () => await this.setResourceStatus(),
      patchResourceStatus: async () => await this.patchResourceStatus(),
      handleResourceFinalizer: async () => await this.handleResourceFinalizer(),
      setResourceFinalizers: async () => await this.setResourceFinalizers(),
      applyAxiosKubeConfigAuth: async () => await this.applyAxiosKubeConfigAuth(),
      applyGaxiosKubeConfigAuth: async () => await this.applyGaxiosKubeConfigAuth(),
      // As untyped code would call it, through the prototype.
      viaPrototype: async () =>
        await new Promise((resolve) => {
          const member: unknown = Reflect.get(this, 'setResourceStatus');
          resolve(typeof member === 'function' ? Reflect.apply(member, this, [meta, {}]) : undefined);
        }),
    };
  }

  protected override async init(): Promise<void> {
    await this.watchResource('example.dev', 'v1', 'things', async ({ type, meta, object }) => {
      this.heard.push(`${type} ${meta.id} ${meta.namespace ?? '-'}/${meta.name}`);
      this.dates.push(object.metadata?.creationTimestamp);
      await (this.fails ? Promise.reject(new Error('bug')) : Promise.resolve());
    });
  }
}

beforeEach(async () => {
  runtime = await startRuntime();
  const { server, transport, clock, log } = runtime;
  frame = new ThingOperator({
    kubeConfig: server.kubeConfig(),
    log,
    sourceFor: (path) =>
      new Reflector({ transport, clock, log, path, decode: (raw) => raw, random: () => 0 }),
  });
  runtime.onClose(async () => {
    frame.stop();
    await frame.whenStopped();
  });
});

afterEach(async () => {
  await runtime.close();
});

async function start(): Promise<void> {
  await frame.start();
  await until(() => runtime.server.watches.openCount === 1);
}

it('hands the events of our own source to the callback', async () => {
  const created = { metadata: { creationTimestamp: '2030-01-01T00:00:00Z' } };
  runtime.server.objects.put(THINGS, 'default/a', created);
  await start();
  runtime.server.objects.put(THINGS, 'default/a', { spec: 1 });
  runtime.server.objects.remove(THINGS, 'default/a');
  await until(() => frame.heard.length === 3);

  expect(frame.heard).toEqual([
    'ADDED things.example.dev/v1 default/a',
    'MODIFIED things.example.dev/v1 default/a',
    'DELETED things.example.dev/v1 default/a',
  ]);
  expect(frame.dates[0]).toEqual(new Date('2030-01-01T00:00:00Z'));
});

it('survives a callback that fails', async () => {
  frame.fails = true;
  await start();
  runtime.server.objects.put(THINGS, 'default/a');
  runtime.server.objects.put(THINGS, 'default/b');
  await until(() => runtime.log.messages('error').length === 2);

  expect(runtime.log.messages('error')).toEqual(new Array(2).fill('resource event handler failed'));
});

it('resumes after a cut, where the package itself would exit the process', async () => {
  await start();
  runtime.server.watches.cut();
  await until(() => runtime.server.count('WATCH') === 2 && runtime.server.watches.openCount === 1);

  expect(runtime.server.count('LIST')).toBe(1);
});

it('stops its sources, and starts none afterwards', async () => {
  await start();
  frame.stop();
  frame.stop();
  await frame.whenStopped();
  await until(() => runtime.server.watches.openCount === 0);
  const before = runtime.server.requests.length;

  await frame.start();

  expect(runtime.server.requests).toHaveLength(before);
});

describe('the helpers of the package', () => {
  it('all refuse, and say what to use', async () => {
    const forbidden = Object.entries(frame.forbidden());
    for (const [name, call] of forbidden) {
      const error = await outcome(call);
      expect([name, error]).toEqual([name, expect.any(FrameMemberError)]);
    }

    expect(forbidden).toHaveLength(10);
  });

  it('are all overridden: a new version of the package brings no other', () => {
    const base: unknown = Object.getPrototypeOf(OperatorFrame.prototype);
    const inherited = Object.getOwnPropertyNames(base);
    const ours = Object.getOwnPropertyNames(OperatorFrame.prototype);

    // `start` calls `init`; the two private ones are reached through overridden members only.
    expect(inherited.filter((name) => !ours.includes(name))).toEqual([
      'start',
      'resourceStatusRequest',
      'errorToJson',
    ]);
  });
});

async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error;
  }
}
