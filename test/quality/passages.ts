import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** A piece of text that people read, and where it is. */
export interface Passage {
  /** `src/api/spec.ts:12` */
  readonly place: string;
  readonly text: string;
}

/** Folders whose texts follow the glossary. The list grows until it holds all of src. */
const CLEAN_FOLDERS = [
  'src/api',
  'src/config',
  'src/observability',
  'src/offers',
  'src/prime',
  'src/simulator',
];

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
  const sources = CLEAN_FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.ts`));
  const pages = CLEAN_PAGES.flatMap((pattern) => globSync(pattern)).filter(
    (file) => !NOT_CHECKED.includes(file),
  );
  return [...sources, ...pages].flatMap((file) => passagesOf(file, readFileSync(file, 'utf8')));
}

/** What people read of one file: sentences in the strings of code, prose of a page, texts and comments of YAML. */
export function passagesOf(file: string, content: string): readonly Passage[] {
  if (file.endsWith('.ts')) return passagesOfCode(file, content);
  return file.endsWith('.md') ? passagesOfPage(file, content) : passagesOfYaml(file, content);
}

/** Only strings of several words: one word alone is a name. */
function passagesOfCode(file: string, content: string): readonly Passage[] {
  const source = ts.createSourceFile(file, content, ts.ScriptTarget.Latest, true);
  const passages: Passage[] = [];
  const visit = (node: ts.Node): void => {
    if (isText(node) && /\S\s+\S/.test(node.text)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      passages.push({ place: `${file}:${line + 1}`, text: withoutCode(node.text) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return passages;
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
