import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const PATTERNS = [
  '{src,test,scripts,charts,deploy,examples,.github}/**/*.{ts,mjs,yaml,yml,tpl,txt,json}',
  '*.{mjs,json}',
];
const files = globSync(PATTERNS).filter((path) => !path.includes('package-lock'));

/** Chapters of papers outside this repository, which a reader cannot look up. */
const ELSEWHERE = /\b(?:design(?:\.md)?|section) \d+(?:\.\d+)?\b/;

/** The citations of a text that lead nowhere. */
function brokenCitations(text: string): readonly string[] {
  const pages = [...text.matchAll(/\bdocs\/[\w./-]+\.md\b/g)].map(([page]) => page);
  const elsewhere = ELSEWHERE.exec(text) ?? [];
  return [...pages.filter((page) => !existsSync(page)), ...elsewhere];
}

describe('citations in the code', () => {
  it.each([
    { name: 'a page that does not exist', text: ['see docs', 'gone.md'].join('/') },
    { name: 'a chapter of another paper', text: ['design', '4.5'].join(' ') },
  ])('are reported when they name $name', ({ text }) => {
    expect(brokenCitations(text)).toHaveLength(1);
  });

  it('name only pages of this repository', () => {
    const broken = files.flatMap((path) =>
      brokenCitations(readFileSync(path, 'utf8')).map((citation) => `${path}: ${citation}`),
    );
    expect(files.length).toBeGreaterThan(500);
    expect(broken).toEqual([]);
  });
});
