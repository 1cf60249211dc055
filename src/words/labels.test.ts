import { expect, it } from 'vitest';
import { backendPlace, licenseLine } from './labels.ts';

it('gives a licence in one line, without its reasons', () => {
  expect(licenseLine('MIT (trained on synthetic slides only)')).toBe('MIT');
  expect(licenseLine('Weights: research use only, as CC BY-NC 4.0 (the images\nwere so)')).toBe('Research use only …');
  expect(licenseLine('Apache-2.0')).toBe('Apache-2.0');
  expect(licenseLine('(as its maker says)')).toBe('');
});

it('names the place of a run, and calls an imitated graphics card what it is', () => {
  expect(backendPlace({ name: 'webgpu', software: false })).toBe("on this computer's graphics card");
  expect(backendPlace({ name: 'webgpu', software: true })).toBe("on this computer's processor");
  expect(backendPlace({ name: 'wasm', software: true })).toBe("on this computer's processor");
});
