import { describe, expect, it } from '@jest/globals';
import { ChangeNotes } from '../../../src/kubernetes/cache/change-notes.ts';

/** Values of one key, one after the other. Undefined: it does not exist. */
type Course = readonly (string | undefined)[];

function notesOf(...courses: readonly Course[]): ChangeNotes<string> {
  const notes = new ChangeNotes<string>();
  for (const [index, course] of courses.entries()) {
    for (const [step, value] of course.slice(1).entries()) {
      notes.add(`key-${String(index)}`, course[step], value);
    }
  }
  return notes;
}

describe('what is noted', () => {
  it.each<{ name: string; course: Course; noted: Course }>([
    { name: 'what came, as absent', course: [undefined, 'a'], noted: [undefined] },
    { name: 'what came and changed, as absent', course: [undefined, 'a', 'b'], noted: [undefined] },
    { name: 'what changed, as the first value', course: ['a', 'b', 'c'], noted: ['a'] },
    { name: 'what went, as it was', course: ['a', undefined], noted: ['a'] },
    { name: 'what changed and went, as the first value', course: ['a', 'b', undefined], noted: ['a'] },
    { name: 'what went and came again, as it was', course: ['a', undefined, 'b'], noted: ['a'] },
    {
      name: 'what went, came again and went, as it was',
      course: ['a', undefined, 'b', undefined],
      noted: ['a'],
    },
    { name: 'not what came and went', course: [undefined, 'a', 'b', undefined], noted: [] },
    {
      name: 'what came, went and came again, as absent',
      course: [undefined, 'a', undefined, 'b'],
      noted: [undefined],
    },
  ])('is $name', ({ course, noted }) => {
    const notes = notesOf(course);
    expect([...notes.take().values()]).toEqual(noted);
    expect([...notes.take()]).toEqual([]);
  });

  it('is no more than what exists, however much comes and goes unread', () => {
    const passing = Array.from({ length: 1_000 }, (): Course => [undefined, 'a', undefined]);
    expect([
      ...notesOf([undefined, 'stays'], ...passing)
        .take()
        .keys(),
    ]).toEqual(['key-0']);
  });
});
