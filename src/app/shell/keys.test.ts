import { expect, it } from 'vitest';
import { KEY_HELP, KEYS, keyAction } from './keys.ts';

const plain = { ctrlKey: false, metaKey: false, altKey: false, defaultPrevented: false };

it('takes plain keys and leaves the browser its own', () => {
  expect(keyAction({ ...plain, key: 'H' }, 'free')).toBe('heatmap');
  expect(keyAction({ ...plain, key: 'h' }, 'typed')).toBeUndefined();
  expect(keyAction({ ...plain, key: 'h' }, 'stepped')).toBe('heatmap');
  expect(keyAction({ ...plain, key: 'ArrowLeft' }, 'stepped')).toBeUndefined();
  expect(keyAction({ ...plain, key: 'h', defaultPrevented: true }, 'free')).toBeUndefined();
  expect(keyAction({ ...plain, key: 'f', ctrlKey: true }, 'free')).toBeUndefined();
  expect(keyAction({ ...plain, key: 'r', metaKey: true }, 'free')).toBeUndefined();
  expect(keyAction({ ...plain, key: 'ArrowLeft' }, 'free')).toBe('pan-left');
  expect(keyAction({ ...plain, key: 'q' }, 'free')).toBeUndefined();
});

it('explains every key that does something, and nothing else', () => {
  const shown = KEY_HELP.flatMap(([keys]) => keys).map(
    (key) =>
      ({ '←': 'arrowleft', '→': 'arrowright', '↑': 'arrowup', '↓': 'arrowdown', '−': '-', Esc: 'escape' })[key] ??
      key.toLowerCase(),
  );
  // '=' and '_' are + and - without or with Shift.
  expect(shown.toSorted()).toEqual(
    Object.keys(KEYS)
      .filter((key) => key !== '=' && key !== '_')
      .toSorted(),
  );
});
