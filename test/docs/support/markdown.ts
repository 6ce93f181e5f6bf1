import { globSync, readFileSync } from 'node:fs';

/** The parts of a document that the tests check. */
export interface MarkdownFile {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly text: string;
  /** IDs of the headings, as GitHub generates them. */
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly string[];
  readonly blocks: readonly CodeBlock[];
  /** The texts between single backticks. */
  readonly spans: readonly string[];
}

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

const FENCE = /^( *)```(\w*)\n([\s\S]*?)\n\1```$/gm;
const HEADING = /^#{1,6} (.+)$/gm;
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
const SPAN = /`([^`\n]+)`/g;

/** Every document of the project. */
export function markdownFiles(): readonly MarkdownFile[] {
  const everywhere = ['*.md', '{docs,examples,charts,deploy,src,scripts,test,.github}/**/*.md'];
  return globSync(everywhere).map((path) => toMarkdownFile(path, readFileSync(path, 'utf8')));
}

/** The rows of the first table below a heading, each as its cells. */
export function tableBelow({ text }: MarkdownFile, heading: string): readonly (readonly string[])[] {
  const [, section = ''] = text.split(`\n${heading}\n`);
  const lines = section.split(/\n#{1,6} /)[0]?.split('\n') ?? [];
  return lines
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
}

function toMarkdownFile(path: string, text: string): MarkdownFile {
  const prose = text.replaceAll(FENCE, '');
  return {
    path,
    text,
    anchors: new Set(allOf(prose, HEADING).map(([heading = '']) => anchorOf(heading))),
    links: allOf(prose.replaceAll(SPAN, ''), LINK).flatMap(([target]) => target ?? []),
    blocks: allOf(text, FENCE).map(([, language = '', code = '']) => ({ language, text: code })),
    spans: allOf(prose, SPAN).flatMap(([span]) => span ?? []),
  };
}

function allOf(text: string, pattern: RegExp): readonly (readonly string[])[] {
  return [...text.matchAll(pattern)].map(([, ...groups]) => groups);
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
