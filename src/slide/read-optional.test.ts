import { expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { readOptional } from './read-optional.ts';

it('passes over what is damaged or not supported, and nothing else', async () => {
  expect(await readOptional(async () => 'label')).toBe('label');
  const passed = [
    new AppError({ code: 'slide/corrupt', where: 'a label' }),
    new AppError({ code: 'slide/unsupported', format: 'TIFF', feature: 'a label' }),
  ];
  for (const error of passed) expect(await readOptional(() => Promise.reject(error))).toBeUndefined();
  const kept = [
    new AppError({ code: 'slide/read-failed', name: 'a', reason: 'gone' }),
    new DOMException('stop', 'AbortError'),
    new RangeError('ours'),
  ];
  for (const error of kept) await expect(readOptional(() => Promise.reject(error))).rejects.toBe(error);
});
