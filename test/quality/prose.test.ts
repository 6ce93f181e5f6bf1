import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const directory = mkdtempSync(path.join(tmpdir(), 'prose-'));

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** What the prose linter reports about this text. */
function lint(text: string): { readonly status: number | null; readonly lines: readonly string[] } {
  const file = path.join(directory, 'page.md');
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/prose.mjs', file], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return { status, lines: stdout.trim().split('\n') };
}

describe('the prose linter', () => {
  it('reports each planted phrase and misspelled name, with its place', () => {
    const { status, lines } = lint(
      '# Page\n\nThe machine bills on for ever.\n\nThe pod id is in kubernetes, and vcpus are in javascript.\n',
    );
    expect(status).toBe(1);
    expect(lines.join('\n')).toMatch(/page\.md:3:13: .*“bills on”/);
    for (const word of ['for ever', 'pod id', 'kubernetes', 'vcpus', 'javascript']) {
      expect(lines).toContainEqual(expect.stringContaining(`“${word}”`));
    }
  });

  it('passes plain prose, and ignores code', () => {
    const page = '# Page\n\nThe instance keeps billing. `vcpus: 4`\n\n```yaml\nvcpus: 4 # for ever\n```\n';
    expect(lint(page)).toEqual({ status: 0, lines: [''] });
  });
});
