import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** A piece of text that people read, and where it is. */
export interface Passage {
  /** `src/api/spec.ts:12` */
  readonly place: string;
  readonly text: string;
}

/** Strings and comments here follow the glossary. */
const SOURCES = ['src', 'scripts'];

/** Comments and titles here follow the glossary. */
const TESTS = ['test'];

const CLEAN_PAGES = [
  '*.md',
  'docs/*.md',
  'docs/{adr,development,explanation,how-to,reference}/*.md',
  'charts/gpupod-operator/**/*.{yaml,txt}',
  '{crds,deploy,examples}/**/*.yaml',
];

/** They are about retired words, or quote code. */
const NOT_CHECKED = ['docs/glossary.md', 'docs/development/mutation-survivors.md'];

export function passagesOfProject(): readonly Passage[] {
  const sources = [...SOURCES, ...TESTS].flatMap((folder) => globSync(`${folder}/**/*.ts`));
  const pages = CLEAN_PAGES.flatMap((pattern) => globSync(pattern)).filter(
    (file) => !NOT_CHECKED.includes(file),
  );
  return [...sources, ...pages].flatMap((file) => passagesOf(file, readFileSync(file, 'utf8')));
}

/** What people read of one file: strings and comments of code, prose of a page, texts and comments of YAML. */
export function passagesOf(file: string, content: string): readonly Passage[] {
  if (file.endsWith('.ts')) return passagesOfCode(file, content);
  return file.endsWith('.md') ? passagesOfPage(file, content) : passagesOfYaml(file, content);
}

/** Strings and comments of the sources; comments, titles and named rows of the tests. */
function passagesOfCode(file: string, content: string): readonly Passage[] {
  const source = ts.createSourceFile(file, content, ts.ScriptTarget.Latest, true);
  return [
    ...(isWithin(SOURCES, file) ? stringsOf(source) : []),
    ...(isWithin([...SOURCES, ...TESTS], file) ? [...commentsOf(source), ...titlesOf(source)] : []),
    ...(isWithin(TESTS, file) ? rowsOf(source) : []),
  ];
}

function isWithin(folders: readonly string[], file: string): boolean {
  return folders.some((folder) => file.startsWith(`${folder}/`));
}

/** Only strings of several words: one word alone is a name. */
function stringsOf(source: ts.SourceFile): readonly Passage[] {
  return descendantsOf(source)
    .filter(isText)
    .filter(({ text }) => /\S\s+\S/.test(text))
    .map((node) => passageAt(source, node.getStart(source), node.text));
}

/** Each comment as one text, so that a phrase is found across the end of a line. */
function commentsOf(source: ts.SourceFile): readonly Passage[] {
  const ranges = descendantsOf(source).flatMap((node) => [
    ...(ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []),
    ...(ts.getTrailingCommentRanges(source.text, node.getEnd()) ?? []),
  ]);
  // Neighboring nodes share comments.
  return [...new Map(ranges.map(({ pos, end }) => [pos, end]))].map(([pos, end]) =>
    passageAt(source, pos, source.text.slice(pos, end).replaceAll(/\n\s*\*?\s*/g, ' ')),
  );
}

/** The first argument of `describe`, `it`, `test` and `it.each(…)`. */
function titlesOf(source: ts.SourceFile): readonly Passage[] {
  return descendantsOf(source)
    .filter(ts.isCallExpression)
    .filter(({ expression }) => /^(?:describe|it|test)\b/.test(expression.getText(source)))
    .flatMap(({ arguments: [title] }) =>
      title !== undefined && ts.isStringLiteralLike(title)
        ? [passageAt(source, title.getStart(source), title.text)]
        : [],
    );
}

/** What the rows of tables insert into titles. */
const ROW_TEXTS: ReadonlySet<string> = new Set(['name', 'why', 'what', 'when', 'reason', 'because']);

function rowsOf(source: ts.SourceFile): readonly Passage[] {
  return descendantsOf(source)
    .filter(ts.isPropertyAssignment)
    .filter(({ name }) => ts.isIdentifier(name) && ROW_TEXTS.has(name.text))
    .flatMap(({ initializer }) =>
      ts.isStringLiteralLike(initializer) && /\S\s+\S/.test(initializer.text)
        ? [passageAt(source, initializer.getStart(source), initializer.text)]
        : [],
    );
}

function passageAt(source: ts.SourceFile, position: number, text: string): Passage {
  const { line } = source.getLineAndCharacterOfPosition(position);
  return { place: `${source.fileName}:${line + 1}`, text: withoutCode(text) };
}

function descendantsOf(node: ts.Node, source = node.getSourceFile()): readonly ts.Node[] {
  return node.getChildren(source).flatMap((child) => [child, ...descendantsOf(child, source)]);
}

function isText(node: ts.Node): node is ts.LiteralLikeNode {
  return ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
}

function passagesOfPage(file: string, content: string): readonly Passage[] {
  const prose = content.replaceAll(/^ *```[\s\S]*?^ *```/gm, (fence) => fence.replaceAll(/[^\n]/g, ''));
  return linesOf(file, prose.replaceAll(/\]\([^)\n]*\)/g, ']'));
}

/** Without keys, and without what a template computes. */
function passagesOfYaml(file: string, content: string): readonly Passage[] {
  const texts = content.split('\n').map((line) => line.replace(/^\s*(?:- )?[\w./$-]+:(?=\s|$)/, ''));
  return linesOf(file, texts.join('\n').replaceAll(/\{\{[^}]*\}\}/g, ''));
}

function linesOf(file: string, content: string): readonly Passage[] {
  return content
    .split('\n')
    .map((text, index) => ({ place: `${file}:${index + 1}`, text: withoutCode(text) }));
}

function withoutCode(text: string): string {
  return text.replaceAll(/`[^`]*`/g, ' ');
}
