import { expect, it } from 'vitest';
import { KEY_HELP, KEYS, keyAction } from './keys.ts';

const plain = { ctrlKey: false, metaKey: false, altKey: false, defaultPrevented: false };

it('takes plain keys and leaves the browser its own', () => {
  expect(keyAction({ ...plain, key: 'H' }, false)).toBe('heatmap');
  expect(keyAction({ ...plain, key: 'h' }, true)).toBeUndefined();
  expect(keyAction({ ...plain, key: 'f', ctrlKey: true }, false)).toBeUndefined();
  expect(keyAction({ ...plain, key: 'r', metaKey: true }, false)).toBeUndefined();
  expect(keyAction({ ...plain, key: 'ArrowLeft' }, false)).toBe('pan-left');
  expect(keyAction({ ...plain, key: 'q' }, false)).toBeUndefined();
});

it('explains every key that does something, and nothing else', () => {
  const shown = KEY_HELP.flatMap(([keys]) => keys).map(
    (key) =>
      ({ '←': 'arrowleft', '→': 'arrowright', '↑': 'arrowup', '↓': 'arrowdown', '−': '-' })[key] ?? key.toLowerCase(),
  );
  // '=' and '_' are + and - without or with Shift.
  expect(shown.toSorted()).toEqual(
    Object.keys(KEYS)
      .filter((key) => key !== '=' && key !== '_')
      .toSorted(),
  );
});
