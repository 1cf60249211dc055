/**
 * Whether `length` bytes from `offset` on are a range of a file of that size. A damaged tag can hold any number: a part of
 * one, which a browser would round and which ends the process of Node, or none.
 */
export function isByteRange(offset: number, length: number, sizeBytes: number): boolean {
  return (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= sizeBytes
  );
}
