import { beforeEach, expect, it } from 'vitest';
import { createTapOrHold, HOLD_MS } from './tap-or-hold.ts';

let said: string[] = [];
let now = 0;
let timers: { at: number; callback: () => void }[] = [];
const keys = () =>
  createTapOrHold(
    (ms, callback) => {
      const timer = { at: now + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    {
      onTap: (key) => said.push(`tap ${key}`),
      onHold: () => said.push('hold'),
      onRelease: () => said.push('release'),
    },
  );
const pass = (ms: number) => {
  now += ms;
  const due = timers.filter(({ at }) => at <= now);
  timers = timers.filter(({ at }) => at > now);
  for (const { callback } of due) callback();
};

beforeEach(() => {
  [said, now, timers] = [[], 0, []];
});

it('is a tap when it goes up in time, however often the key repeats', () => {
  const h = keys();
  h.down('h', now);
  pass(100);
  h.down('h', now);
  pass(HOLD_MS - 101);
  h.up('h', now);
  pass(1000);
  expect(said).toEqual(['tap h']);
});

it('is held from then on until it goes up, and no tap follows', () => {
  const h = keys();
  h.down('h', now);
  pass(HOLD_MS);
  expect(said).toEqual(['hold']);
  for (let i = 0; i < 20; i++) {
    pass(30);
    h.down('h', now);
  }
  expect(said).toEqual(['hold']);
  h.up('h', now);
  expect(said).toEqual(['hold', 'release']);
  h.down('h', now);
  h.up('h', now);
  expect(said).toEqual(['hold', 'release', 'tap h']);
});

it('ends when the page is left: no tap, and what was hidden is shown', () => {
  const h = keys();
  h.down('h', now);
  h.end();
  pass(1000);
  h.up('h', now);
  expect(said).toEqual([]);
  h.down(' ', now);
  pass(HOLD_MS);
  h.end();
  h.end();
  h.up(' ', now);
  expect(said).toEqual(['hold', 'release']);
});

it('belongs to the first of two keys', () => {
  const h = keys();
  h.down('h', now);
  h.down(' ', now);
  pass(HOLD_MS);
  h.up(' ', now);
  expect(said).toEqual(['hold']);
  h.up('h', now);
  expect(said).toEqual(['hold', 'release']);
});

it('goes by the times of the keys where its own clock was late', () => {
  const h = keys();
  h.down('h', 0);
  h.up('h', HOLD_MS + 1);
  expect(said).toEqual([]);
  pass(1000);
  expect(said).toEqual([]);
});
