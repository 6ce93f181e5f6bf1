import { parseArgs } from 'node:util';
import { drawPlan, runPlan } from './chaos.ts';

/** `node test/world/soak.ts --seeds 1000 [--from 1] [--trace]`: many worlds, each from its seed. */

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
});

Error.stackTraceLimit = 0;
let failures = 0;
const from = Number(values.from);
for (let seed = from; seed < from + Number(values.seeds); seed += 1) {
  const result = await runPlan(drawPlan(seed));
  if (result.violations.length > 0) failures += 1;
  if (result.violations.length > 0 || values.trace) {
    console.log(`${result.plan.join('\n  ')}\n  → ${result.violations.join('\n  → ')}`);
    console.log(`  again: node test/world/soak.ts --from ${seed} --seeds 1 --trace`);
    if (values.trace) console.log(result.trace);
  }
}
console.log(`${values.seeds} worlds from seed ${from}: ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
