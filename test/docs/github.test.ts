import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';

const FORMS = globSync('.github/ISSUE_TEMPLATE/*.yml').filter((file) => !file.endsWith('/config.yml'));

/** GitHub ignores a form that breaks one of these rules. */
const formSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  labels: z.array(z.string()).min(1),
  body: z.array(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('markdown'), attributes: z.strictObject({ value: z.string() }) }),
      z.strictObject({
        type: z.enum(['input', 'textarea', 'dropdown']),
        id: z.string().regex(/^[\w-]+$/),
        attributes: z.strictObject({
          label: z.string(),
          description: z.string().optional(),
          render: z.string().optional(),
          options: z.array(z.string()).optional(),
        }),
        validations: z.strictObject({ required: z.boolean() }).optional(),
      }),
    ]),
  ),
});

describe('an issue form', () => {
  it.each(FORMS)('has the fields that GitHub requires: %s', (file) => {
    const form = formSchema.parse(parse(readFileSync(file, 'utf8')));
    const ids = form.body.flatMap((field) => ('id' in field ? [field.id] : []));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toEqual([]);
  });
});

describe('CODEOWNERS', () => {
  const lines = readFileSync('.github/CODEOWNERS', 'utf8').split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(/\s+/));

  it('names existing paths, and roles instead of people', () => {
    for (const [path = '', ...owners] of rules) {
      expect({ path, exists: path === '*' || existsSync(path.slice(1)) }).toEqual({ path, exists: true });
      expect(owners.filter((owner) => !/^@ORG\/[a-z-]+$/.test(owner))).toEqual([]);
    }
  });
});

describe('the CI workflow', () => {
  const workflowSchema = z.looseObject({
    jobs: z.record(
      z.string(),
      z.looseObject({ steps: z.array(z.looseObject({ run: z.string().optional() })) }),
    ),
  });
  const { jobs } = workflowSchema.parse(parse(readFileSync('.github/workflows/ci.yml', 'utf8')));

  function jobsThatRun(command: string): readonly string[] {
    return Object.entries(jobs).flatMap(([name, { steps }]) =>
      steps.some(({ run }) => run === command) ? [name] : [],
    );
  }

  it('runs all rings once, and the fast ones with each Node version', () => {
    expect(jobsThatRun('npm cit')).toEqual(['test']);
    expect(jobs['test']).not.toHaveProperty('strategy');
    expect(jobsThatRun('npm run test:fast')).toEqual(['fast']);
    expect(jobs['fast']).toHaveProperty('strategy.matrix.node');
  });
});
