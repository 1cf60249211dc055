import { describe, expect, it } from 'vitest';
import { parseMediaType, parseMultipart } from './multipart.ts';

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const text = (part: Uint8Array) => String.fromCharCode(...part);
const parse = (body: string, boundary = 'b') =>
  parseMultipart(bytes(body), boundary)?.map((part) => [part.contentType, text(part.bytes)]);

describe('a media type', () => {
  it.each([
    ['multipart/related; type="image/jpeg"; boundary=a', 'multipart/related', { type: 'image/jpeg', boundary: 'a' }],
    ['Multipart/Related;BOUNDARY="a b;c\\"d"', 'multipart/related', { boundary: 'a b;c"d' }],
    ['application/octet-stream; transfer-syntax=1.2.3', 'application/octet-stream', { 'transfer-syntax': '1.2.3' }],
    ['image/jpeg; a=1; a=2', 'image/jpeg', { a: '1' }],
    ['', '', {}],
    [';;=;"', '', {}],
  ])('%s', (value, type, parameters) => {
    const parsed = parseMediaType(value);
    expect([parsed.type, Object.fromEntries(parsed.parameters)]).toEqual([type, parameters]);
  });

  it('of any length is read at once', () => {
    const start = performance.now();
    for (const one of ['a="\\', 'a=', ';', '"', ' ']) parseMediaType(`x/y; ${one.repeat(2 ** 20)}`);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('a body in parts', () => {
  it.each([
    ['--b\r\nContent-Type: image/jpeg\r\n\r\nabc\r\n--b--', [['image/jpeg', 'abc']]],
    ['before\r\n--b\r\ncontent-type:x\r\nA: c\r\n\r\n\r\n--b--\r\nafter', [['x', '']]],
    ['--b \r\n\r\na\r\n--bc\n\r\n--b\r\n\r\nd\r\n--b--', undefined],
    [
      '--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--',
      [
        ['', 'one'],
        ['', 'two'],
      ],
    ],
    ['--b\r\n\r\n\r\r\n-\r\n--\r\n--b--', [['', '\r\r\n-\r\n--']]],
    ['--b\r\n\r\nno end', undefined],
    ['--b--', undefined],
    ['', undefined],
    ['--b\r\nno empty line\r\n--b--', undefined],
    [`--b\r\nA: ${'x'.repeat(9000)}\r\n\r\na\r\n--b--`, undefined],
    [`${'--b\r\n\r\na\r\n'.repeat(17)}--b--`, undefined],
  ])('%j', (body, expected) => {
    expect(parse(body)).toEqual(expected);
  });

  it('needs a boundary that somebody would choose', () => {
    expect(parse('--\r\n\r\na\r\n----', '')).toBeUndefined();
    expect(parse(`--${'b'.repeat(201)}\r\n\r\na\r\n--${'b'.repeat(201)}--`, 'b'.repeat(201))).toBeUndefined();
  });

  it('of megabytes that almost end is read at once', () => {
    const boundary = 'b'.repeat(70);
    const body = bytes(`--${boundary}\r\n\r\n${`\r\n--${boundary.slice(1)}`.repeat(50_000)}\r\n--${boundary}--`);
    const start = performance.now();
    expect(parseMultipart(body, boundary)).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
