import { expect, it } from 'vitest';
import { AppError, type ErrorCode, type ErrorInfo } from '../errors.ts';
import { errorText } from './errors.ts';

/** One of each code: a new code does not compile until it stands here. */
const EACH: { readonly [C in ErrorCode]: Extract<ErrorInfo, { code: C }> } = {
  'slide/unrecognized': { code: 'slide/unrecognized', name: 'holiday.mp4' },
  'slide/unsupported': { code: 'slide/unsupported', format: 'Hamamatsu NDPI', feature: 'NDPI slides' },
  'slide/corrupt': { code: 'slide/corrupt', where: 'directory 1 points at itself' },
  'slide/read-failed': { code: 'slide/read-failed', name: 'a.svs', reason: 'it is shorter than it says' },
  'slide/tile-failed': { code: 'slide/tile-failed', level: 2, col: 7, row: 9, reason: 'bad Huffman code' },
  'slide/no-mpp': { code: 'slide/no-mpp' },
  'bag/no-tissue': { code: 'bag/no-tissue', candidates: 1234 },
  'bag/tiles-failed': { code: 'bag/tiles-failed', failed: 40, count: 1000 },
  'model/unknown': { code: 'model/unknown', id: 'nope' },
  'model/invalid': { code: 'model/invalid', path: 'weights.safetensors', problem: 'too short' },
  'model/integrity': { code: 'model/integrity', path: 'weights.safetensors', expected: 'aa', actual: 'bb' },
  'model/missing-file': { code: 'model/missing-file', path: 'weights.safetensors' },
  'model/not-kept': { code: 'model/not-kept', reason: 'there is no room for it' },
  'result/invalid': { code: 'result/invalid', problem: 'it is not JSON' },
  'export/failed': { code: 'export/failed', format: 'PNG', cause: 'size', reason: 'it would have 20,000 × 20,000 px' },
  'gpu/unavailable': { code: 'gpu/unavailable', reason: 'the browser has no WebGPU' },
  'gpu/lost': { code: 'gpu/lost', reason: 'driver reset' },
  'gpu/out-of-memory': { code: 'gpu/out-of-memory', reason: 'buffer' },
  'worker/crashed': { code: 'worker/crashed', worker: 'slide', reason: 'out of memory' },
  usage: { code: 'usage', problem: 'Give a level between 0 and 3.' },
  internal: { code: 'internal', reason: 'no level' },
};

it.each(Object.values(EACH))('$code says what happened and what to do, each in whole sentences', (info) => {
  const { title, advice } = errorText(info);
  for (const text of [title, advice]) {
    expect(text).toMatch(/^\S.*[.]$/s);
    expect(text).not.toMatch(/undefined|null|\[object|NaN|\.\./);
  }
  expect(title).not.toBe(advice);
});

it('carries the values that tell one case from another', () => {
  expect(errorText(EACH['slide/unsupported']).title).toContain('Hamamatsu NDPI');
  expect(errorText({ code: 'slide/unsupported', format: 'Aperio SVS', feature: 'x' }).title).toMatch(/^This is an A/);
  const alone = { code: 'slide/unsupported', format: 'Hamamatsu VMS', feature: 'it without its file a.jpg' } as const;
  expect(errorText(alone).advice).toContain('Drop the folder');
  expect(errorText(EACH['bag/no-tissue']).title).toContain('1,234');
  expect(errorText(EACH['slide/corrupt']).title).toContain('points at itself');
  const answer = { code: 'slide/read-failed', name: 'a', reason: 'the server asks for a login (401)' } as const;
  expect(errorText(answer).advice).toContain('milscope sends no login');
});

it('uses no words of the engine room', () => {
  for (const info of Object.values(EACH).filter((one) => one.code !== 'usage')) {
    const { title, advice } = errorText(info);
    expect(`${title} ${advice}`).not.toMatch(/\btensors?\b|\bbag\b|softmax|exception|stack/i);
  }
  expect(new AppError(EACH['slide/no-mpp']).info.code).toBe('slide/no-mpp');
});
