import { stripVTControlCharacters, styleText } from 'node:util';

/** The output of the demo: headings, facts in two columns, and one line that is overwritten while something takes long. */
export interface Terminal {
  heading(title: string): void;
  line(text?: string): void;
  /** What the demo waits for. On a terminal the next line of any kind overwrites it. */
  progress(text: string): void;
  fact(name: string, value: string): void;
  dim(text: string): void;
  check(succeeded: boolean, text: string): void;
}

const WIDTH = 78;
const NAME_WIDTH = 14;
const CLEAR_LINE = '\r\u001b[2K';

/** Uses colors only if the stream is a terminal that supports them. In a file, progress takes separate lines. */
export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  let isProgressShown = false;
  let lastProgress = '';

  function write(text: string): void {
    if (isProgressShown) stream.write(CLEAR_LINE);
    isProgressShown = false;
    stream.write(`${text}\n`);
  }

  function style(format: Parameters<typeof styleText>[0], text: string): string {
    return styleText(format, text, { stream });
  }

  return {
    heading(title) {
      write(`\n${style('bold', title)} ${style('dim', '─'.repeat(Math.max(3, WIDTH - title.length - 1)))}`);
    },
    line: (text = '') => write(text),
    progress(text) {
      if (text === lastProgress) return;
      lastProgress = text;
      if (!stream.isTTY) {
        write(`  … ${text}`);
        return;
      }
      const room = (stream.columns || WIDTH) - 1;
      stream.write(`${CLEAR_LINE}${style('dim', stripVTControlCharacters(`  … ${text}`).slice(0, room))}`);
      isProgressShown = true;
    },
    fact: (name, value) => write(`  ${style('dim', name.padEnd(NAME_WIDTH))} ${value}`),
    dim: (text) => write(style('dim', text)),
    check(succeeded, text) {
      write(`  ${succeeded ? style('green', '✔') : style('red', '✘')} ${text}`);
    },
  };
}
