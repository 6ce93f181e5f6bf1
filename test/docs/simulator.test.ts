import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulatorReference } from '../../src/simulator/reference/reference.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { markdownFiles, tableBelow } from './support/markdown.ts';

const page = markdownFiles().find(({ path }) => path === 'docs/development/simulator.md');
if (page === undefined) throw new Error('docs/development/simulator.md is not there');

const { settings } = simulatorReference();
const open = settings.filter(({ description }) => description.startsWith('open')).map(({ name }) => name);
const told = tableBelow(page, '## What nobody has published').flatMap(([, cell = '']) =>
  [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
);

/** The requests on the page, in the same order. */
const requests = page.blocks
  .flatMap(({ text }) => text.split('\n'))
  .filter((line) => line.startsWith('curl '))
  .map((line) => ({
    line,
    method: /-X (\w+)/.exec(line)?.[1] ?? (line.includes(' -d ') ? 'POST' : 'GET'),
    path: /http:\/\/127\.0\.0\.1:18080([^\s']*)/.exec(line)?.[1] ?? '',
    body: /-d '([^']*)'/.exec(line)?.[1],
  }));

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
});

afterAll(async () => {
  await simulator.stop();
});

describe('the page about the simulator', () => {
  it('names a setting for every open question, and no setting that does not exist', () => {
    const names = settings.map(({ name }) => name);
    expect(open.filter((name) => !told.includes(name))).toEqual([]);
    expect(told.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('shows requests', () => {
    expect(requests.length).toBeGreaterThan(5);
  });

  it.each(requests)('shows a request that succeeds: $line', async ({ method, path, body }) => {
    const response = await fetch(`${simulator.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    expect({ status: response.status, text: await response.text() }).toMatchObject({ status: 200 });
  });
});
