import { expect, it, jest } from '@jest/globals';
import { Simulation } from './simulation.ts';

jest.setTimeout(5 * 60_000);

it('is ready although the provider maps a port to a hostname that no status can hold', async () => {
  const simulation = new Simulation({});
  const external = `${'a'.repeat(300)}.example:30022`;
  const fields = { primePortMapping: [{ internal: '8888', external, usedBy: 'JUPYTER_NOTEBOOK' }] };
  simulation.api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'PatchRows', fields } });
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply('train-1', {});
  await simulation.until('it is ready', () => simulation.isReady(), 90 * 60_000);
  expect(simulation.journal.violations).toEqual([]);
});
