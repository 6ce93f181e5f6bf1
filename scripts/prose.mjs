import { globSync, readFileSync } from 'node:fs';
import { TextlintKernel } from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import terminology from 'textlint-rule-terminology';
import { EXCEPTIONS, TERMS } from './prose-terms.mjs';

/**
 * The prose linter: spelling of names and technical terms, and phrases that CONTRIBUTING.md asks to avoid, in all
 * Markdown files, or in those that are given. Code is not looked at.
 *
 *     node scripts/prose.mjs [file …]
 */
const WRITTEN_BY_HAND = ['*.md', 'docs/**/*.md'];
/** Its text comes from the code: descriptions of fields, settings and metrics, and lines of code. */
const GENERATED = ['docs/reference/', 'docs/development/mutation-survivors.md'];

const kernel = new TextlintKernel();
const descriptor = {
  ext: '.md',
  plugins: [{ pluginId: 'markdown', plugin: markdown.default ?? markdown }],
  rules: [
    {
      ruleId: 'terminology',
      rule: terminology.default ?? terminology,
      options: { defaultTerms: true, terms: TERMS, exclude: EXCEPTIONS },
    },
  ],
};

async function problemsIn(filePath) {
  const { messages } = await kernel.lintText(readFileSync(filePath, 'utf8'), { ...descriptor, filePath });
  return messages.map(({ line, column, message }) => `${filePath}:${line}:${column}: ${message}`);
}

function isByHand(path) {
  return !GENERATED.some((part) => path.startsWith(part));
}

const given = process.argv.slice(2);
const files = given.length === 0 ? globSync(WRITTEN_BY_HAND).filter(isByHand) : given;
const problems = [];
for (const file of files.toSorted()) {
  problems.push(...(await problemsIn(file)));
}
process.stdout.write(problems.map((problem) => `${problem}\n`).join(''));
process.exitCode = problems.length === 0 ? 0 : 1;
