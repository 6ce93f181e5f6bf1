import { describe, expect, it } from '@jest/globals';
import { ALLOWED_PHRASES, COMMON_WORDS } from './allowed-words.ts';
import { passagesOf, passagesOfProject } from './passages.ts';
import { findRetired, notColumn, retiredWords } from './retired-words.ts';

/** The retired words in a file with this text. */
function wordsIn(file: string, content: string): readonly string[] {
  return findRetired(passagesOf(file, content)).map(({ word }) => word);
}

describe('the words of the project', () => {
  it('are those of the glossary, wherever people read them', () => {
    const passages = passagesOfProject();
    expect(passages.length).toBeGreaterThan(3000);
    expect(findRetired(passages)).toEqual([]);
  });

  it('come from the column "Not" of the glossary', () => {
    expect(retiredWords()).toEqual(
      expect.arrayContaining([
        'machine',
        'pod',
        'rental',
        'order',
        'census',
        'stray',
        'front',
        'gate',
        'let go',
      ]),
    );
  });

  it('include those that somebody adds to the glossary', () => {
    const words = notColumn(
      '| Word | What | Not |\n| --- | --- | --- |\n| **dog** | It barks. | hound, "old cur" (of a dog) |\n| **cat** | | |\n',
    );
    expect(words).toEqual(['hound', 'old cur']);
    expect(findRetired([{ place: 'here', text: 'Two hounds.' }], words)).toEqual([
      { place: 'here', word: 'hound' },
    ]);
  });
});

describe('the check of words', () => {
  it.each([
    ['machine', 'src/api/planted.ts', "export const a = text('The machine bills.');"],
    ['order', 'src/config/planted.ts', `export const a = \`\${b}: an order could be sent after \${c}\`;`],
    ['rental', 'src/config/planted.ts', `export const a = \`\${b} rentals ended\`;`],
    ['stray', 'src/observability/planted.ts', "export const help = 'Strays in the last sweep.';"],
    ['left alone', 'src/offers/planted.ts', "export const a = ['Offers that are left alone.'];"],
    ['order', 'src/offers/planted.ts', "export const a = 'An order of this offer failed.';"],
    ['census', 'src/offers/planted.ts', '/** Each census counts. */\nexport const a = 1;'],
    ['front', 'scripts/planted.ts', 'const a = 1; // The front of a name.'],
    ['machine', 'scripts/planted.ts', "console.log('It rents a machine.');"],
    ['rental', 'test/simulation/planted/planted.ts', '/** The rental ends. */\nexport const a = 1;'],
    ['left alone', 'src/offers/planted.ts', '/**\n * The offer is left\n * alone.\n */\nexport const a = 1;'],
    ['machine', 'test/offers/planted.test.ts', "it('ends no machine', () => {});"],
    ['rental', 'test/offers/planted.test.ts', "test.each([1])('closes the rental %s', () => {});"],
    ['machine', 'test/offers/planted.test.ts', "const rows = [{ name: 'a lost machine', price: 1 }];"],
    ['stray', 'test/offers/planted.test.ts', "const rows = [{ why: 'the stray bills' }];"],
    ['census', 'planted.md', '# Page\n\nThe census proves it.\n'],
    ['pod', 'planted.md', '| Row | A pod of ours |\n'],
    ['machine', 'planted.md', 'Machines bill by the hour.\n'],
    ['let go', 'charts/gpupod-operator/templates/NOTES.txt', 'The operator has let go of it.\n'],
    ['cool-down', 'charts/gpupod-operator/values.yaml', '# Cool-downs of offers.\nreplicas: 2\n'],
    ['rental', 'crds/planted.yaml', '  podId:\n    description: Id of the rental.\n'],
  ])('finds "%s", planted in %s', (word, file, content) => {
    expect(wordsIn(file, content)).toEqual([word]);
  });

  it('reports the place', () => {
    expect(findRetired(passagesOf('planted.md', '# Page\n\nA machine.\n'))).toEqual([
      { place: 'planted.md:3', word: 'machine' },
    ]);
  });

  it.each([
    [
      'a module, a name, and code in a comment',
      'src/offers/a.ts',
      "import './machine.ts';\nconst a = 'rental';\nconst b = a; // `POST /pods` of a podId.\n",
    ],
    ['fixtures of tests', 'test/offers/a.test.ts', "const a = 'The machine.';"],
    ['a comment of a file that is none of the project', 'node_modules/a/a.ts', '// The machine.\n'],
    [
      'names of the provider',
      'src/offers/a.ts',
      "const a = '`GET /pods/{id}`, GET /pods, podId, gpupod.dev/rental.';",
    ],
    ['a Pod, a sequence, a link and code', 'a.md', 'A Pod, in the order of [code](machine.ts), `order`.\n'],
    ['a fence', 'a.md', '```\nThe machine.\n```\n'],
    ['a key and a strategy', 'a.yaml', '  order:\n    description: With strategy Ordered.\n'],
  ])('passes %s, in %s', (_what, file, content) => {
    expect(wordsIn(file, content)).toEqual([]);
  });

  it('has a reason for each word and phrase that it allows', () => {
    for (const reason of [
      ...ALLOWED_PHRASES.map((allowed) => allowed.reason),
      ...Object.values(COMMON_WORDS),
    ]) {
      expect(reason).toMatch(/\w+ \w+/);
    }
  });
});
