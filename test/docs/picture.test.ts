import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { pictureOf, shownLines, textOfPicture } from '../../scripts/demo/picture.ts';

const rule = '─'.repeat(20);

/** What a terminal gets for a text in this style. */
function styled(open: number, text: string, close: number): string {
  return `\u001B[${open}m${text}\u001B[${close}m`;
}

describe('the lines that the picture of the demo shows', () => {
  it.each([
    {
      name: 'a part that repeats others',
      output: `\nEvents ${rule}\n  Ready\n\nThey delete it ${rule}\n$ kubectl delete\n`,
      lines: [`They delete it ${rule}`, '$ kubectl delete'],
    },
    {
      name: 'progress, which a terminal overwrites',
      output: `\nThey delete it ${rule}\n  … waiting\ndeleted\n`,
      lines: [`They delete it ${rule}`, 'deleted'],
    },
    {
      name: 'spaces at the end of a line',
      output: `\nWhat they see ${rule}\nNAME  \n\n`,
      lines: [`What they see ${rule}`, 'NAME'],
    },
  ])('leave out $name', ({ output, lines }) => {
    expect(shownLines(output)).toEqual(lines);
  });
});

describe('the picture of the demo', () => {
  it('gives each style a class, and ends it where the terminal does', () => {
    const svg = pictureOf([`a ${styled(32, '✔', 39)} b ${styled(2, 'c', 22)}`]);
    expect(svg).toContain('>a <tspan class="green">✔</tspan> b <tspan class="dim">c</tspan></text>');
  });

  it('is XML whatever a line contains, and gives the line back', () => {
    const lines = ['a < b & c > d &lt;', styled(1, '<bold>', 22)];
    expect(textOfPicture(pictureOf(lines))).toEqual(['a < b & c > d &lt;', '<bold>']);
  });

  it('is drawn by this version of the script', () => {
    const svg = readFileSync('docs/images/demo.svg', 'utf8');
    const text = textOfPicture(svg);
    const [head = ''] = svg.split('<text ');
    expect(text.length).toBeGreaterThan(30);
    expect(pictureOf(text).split('<text ')[0]).toBe(head);
  });
});
