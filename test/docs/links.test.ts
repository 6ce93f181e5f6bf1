import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { markdownFiles } from './support/markdown.ts';

const files = markdownFiles();
const byPath = new Map(files.map((file) => [file.path, file]));

/** What is wrong with a link, or undefined. */
function problemOf(from: string, link: string): string | undefined {
  if (/^https?:/.test(link)) return link.startsWith('https:') ? undefined : `${link} is not https`;
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? from : path.join(path.dirname(from), target);
  if (!existsSync(file)) return `${link}: there is no ${file}`;
  const isAnchor = anchor === undefined || (byPath.get(file)?.anchors.has(anchor) ?? false);
  return isAnchor ? undefined : `${link}: ${file} has no such heading`;
}

describe('links', () => {
  it.each(files)('of $path lead somewhere', ({ path: from, links }) => {
    expect(links.map((link) => problemOf(from, link)).filter((problem) => problem !== undefined)).toEqual([]);
  });

  it.each([
    { link: 'no-such-page.md', problem: 'there is no no-such-page.md' },
    { link: 'CONTRIBUTING.md#no-such-heading', problem: 'CONTRIBUTING.md has no such heading' },
    { link: '#no-such-heading', problem: 'README.md has no such heading' },
    { link: 'src/main.ts#L1', problem: 'src/main.ts has no such heading' },
    { link: 'http://example.com', problem: 'is not https' },
  ])('are reported when they are broken: $link', ({ link, problem }) => {
    expect(problemOf('README.md', link)).toContain(problem);
  });

  it('lead from the README to every document, because nobody reads one that they cannot find', () => {
    const seen = new Set<string>();
    const open = ['README.md'];
    for (let from = open.pop(); from !== undefined; from = open.pop()) {
      if (seen.has(from)) continue;
      seen.add(from);
      const directory = path.dirname(from);
      for (const link of byPath.get(from)?.links ?? []) {
        const target = path.join(directory, link.split('#')[0] ?? '');
        if (byPath.has(target)) open.push(target);
      }
    }
    expect([...byPath.keys()].filter((file) => !seen.has(file) && !file.startsWith('.github/'))).toEqual([]);
  });
});
