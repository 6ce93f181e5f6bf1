import { stripVTControlCharacters } from 'node:util';

/** The parts of the demo that the picture shows, by their headings. The others repeat them, or name ports. */
const SECTIONS = [
  'A person applies a manifest',
  'What they see',
  'What was rented, and why',
  'They use it',
  'They delete it',
  "The provider's ledger",
];
/** A terminal overwrites these lines. */
const PROGRESS = /^ {2}… /;
const HEADING = /^(.+) ─{3,}$/;

const FONT_PX = 14;
const LINE_PX = 20;
const MARGIN_PX = 20;
/** A little more than monospaced fonts need, which differ. */
const CHARACTER_PX = 8.7;

/** The classes of the picture, by the codes that `styleText` writes. The other codes end a style. */
const CLASSES: Readonly<Record<string, string>> = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green' };
const CODE_START = '\u001B[';

const STYLE = `
    text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: ${FONT_PX}px; white-space: pre; fill: #1f2328 }
    rect { fill: #f6f8fa; stroke: #d1d9e0 }
    .bold { font-weight: bold }
    .dim { fill: #59636e }
    .green { fill: #116329 }
    .red { fill: #a40e26 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      rect { fill: #0d1117; stroke: #3d444d }
      .dim { fill: #9198a1 }
      .green { fill: #3fb950 }
      .red { fill: #ff7b72 }
    }
  `;

/** The lines of the demo's output that the picture shows, with their colors. */
export function shownLines(output: string): readonly string[] {
  let isShown = false;
  const lines = output.split('\n').filter((line) => {
    const plain = stripVTControlCharacters(line);
    const title = HEADING.exec(plain)?.[1];
    isShown = title === undefined ? isShown : SECTIONS.includes(title);
    return isShown && !PROGRESS.test(plain);
  });
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1).map((line) => line.trimEnd());
}

/** An SVG of these lines that is readable on a light and on a dark page. */
export function pictureOf(lines: readonly string[]): string {
  const columns = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  const width = Math.ceil(columns * CHARACTER_PX) + 2 * MARGIN_PX;
  const height = lines.length * LINE_PX + 2 * MARGIN_PX;
  const texts = lines.map((line, index) => {
    const y = MARGIN_PX + index * LINE_PX + FONT_PX;
    return `  <text x="${MARGIN_PX}" y="${y}" xml:space="preserve">${spansOf(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '  <title>Output of npm run demo</title>',
    `  <style>${STYLE}</style>`,
    `  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...texts,
    '</svg>\n',
  ].join('\n');
}

/** The lines that a picture shows, without their colors. */
export function textOfPicture(svg: string): readonly string[] {
  return [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, spans = '']) =>
    spans
      .replaceAll(/<[^>]+>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  );
}

function spansOf(line: string): string {
  const [plain = '', ...styled] = line.split(CODE_START);
  const spans = styled.map((part) => {
    const end = part.indexOf('m');
    const name = CLASSES[part.slice(0, end)];
    const text = escape(part.slice(end + 1));
    return name === undefined ? text : `<tspan class="${name}">${text}</tspan>`;
  });
  return escape(plain) + spans.join('');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
