import { expect, it } from 'vitest';
import { KEY_HELP } from './key-help.ts';
import { CHORDS, type Focus, KEYS, keyAction, type PressedKey } from './keys.ts';

const plain = { ctrlKey: false, metaKey: false, altKey: false, defaultPrevented: false };
const on = (focus: Focus, pressed: Partial<PressedKey> & { readonly key: string }, hasKeys = true) =>
  keyAction({ ...plain, ...pressed }, focus, hasKeys);

it('takes plain keys and leaves the browser its own', () => {
  expect(on('free', { key: 'H' })).toBe('heatmap');
  expect(on('typed', { key: 'h' })).toBeUndefined();
  expect(on('stepped', { key: 'h' })).toBe('heatmap');
  expect(on('stepped', { key: 'ArrowLeft' })).toBeUndefined();
  expect(on('free', { key: 'h', defaultPrevented: true })).toBeUndefined();
  expect(on('free', { key: 'f', ctrlKey: true })).toBeUndefined();
  expect(on('free', { key: 'r', metaKey: true })).toBeUndefined();
  expect(on('free', { key: 'x', ctrlKey: true })).toBeUndefined();
  expect(on('free', { key: 'ArrowLeft' })).toBe('pan-left');
  expect(on('slide', { key: 'ArrowLeft' })).toBe('pan-left');
  expect(on('free', { key: 'q' })).toBeUndefined();
});

it('takes Space on the slide only: elsewhere it presses buttons and scrolls', () => {
  expect(on('slide', { key: ' ' })).toBe('hold-bare');
  expect(on('free', { key: ' ' })).toBeUndefined();
  expect(on('stepped', { key: ' ' })).toBeUndefined();
  expect(on('slide', { key: 'Enter' })).toBeUndefined();
});

it('runs on Ctrl or command with Enter, also where single letters are off, and never from a field that is typed into', () => {
  expect(on('free', { key: 'Enter', ctrlKey: true })).toBe('run');
  expect(on('slide', { key: 'Enter', metaKey: true })).toBe('run');
  expect(on('free', { key: 'Enter', ctrlKey: true }, false)).toBe('run');
  expect(on('typed', { key: 'Enter', ctrlKey: true })).toBeUndefined();
  for (const key of Object.keys(KEYS)) expect(on('slide', { key }, false), key).toBeUndefined();
});

it('explains every key that does something, and nothing else', () => {
  const spelled: Readonly<Record<string, string>> = {
    ...{ '←': 'arrowleft', '→': 'arrowright', '↑': 'arrowup', '↓': 'arrowdown', '−': '-' },
    ...{ Esc: 'escape', Space: ' ' },
  };
  const shown = KEY_HELP.flatMap(([keys]) => keys).map((key) => spelled[key] ?? key.toLowerCase());
  // '=' and '_' are + and - without or with Shift.
  const single = Object.keys(KEYS).filter((key) => key !== '=' && key !== '_');
  expect(shown.toSorted()).toEqual([...single, ...Object.keys(CHORDS).map((key) => `ctrl ${key}`)].toSorted());
});
