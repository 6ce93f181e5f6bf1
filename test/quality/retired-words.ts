import { readFileSync } from 'node:fs';
import { ALLOWED_PHRASES, COMMON_WORDS } from './allowed-words.ts';
import type { Passage } from './passages.ts';

/** A retired word in a text that people read. */
interface RetiredUse {
  readonly place: string;
  readonly word: string;
}

/** The "Not" column of the glossary, without the words that have another sense too. */
export function retiredWords(): readonly string[] {
  return [...new Set(notColumn(readFileSync('docs/glossary.md', 'utf8')))].filter(
    (word) => COMMON_WORDS[word] === undefined,
  );
}

/** Each word of the last column of the glossary's tables, without quotes and remarks in brackets. */
export function notColumn(page: string): string[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| **'))
    .flatMap((line) => (line.split('|').at(-2) ?? '').split(','))
    .map((word) => word.replaceAll(/"|\(.*\)/g, '').trim())
    .filter((word) => word !== '');
}

export function findRetired(
  passages: readonly Passage[],
  words: readonly string[] = retiredWords(),
): readonly RetiredUse[] {
  return passages.flatMap(({ place, text }) => {
    const prose = ALLOWED_PHRASES.reduce((rest, { phrase }) => rest.replaceAll(phrase, ' '), text);
    return words.filter((word) => patternOf(word).test(prose)).map((word) => ({ place, word }));
  });
}

/** The word and its inflections, but no part of a name: `/pods`, `podId`, `gpupod.dev/rental`, `memory:`. */
function patternOf(word: string): RegExp {
  // A capitalized Pod is a Kubernetes Pod, and "CR" is written in capitals.
  const flags = word === 'pod' || word === 'the CR' ? 'u' : 'iu';
  return new RegExp(`(?<![\\w./-])${word}(?:s|es|ed|d|ing)?(?![\\w/-]|\\.\\w)`, flags);
}
