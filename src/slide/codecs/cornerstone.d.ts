/** The part we use of the WebAssembly codecs, which come without types. */
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs' {
  export { default } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
}

declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  export interface FrameInfo {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned: boolean;
  }
  export interface JPEGDecoder {
    /** A view into the heap to copy the encoded bytes to. */
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    /** A view into the heap, valid until the next call. */
    getDecodedBuffer(): Uint8Array;
    getFrameInfo(): FrameInfo;
    delete(): void;
  }
  export interface JPEGEncoder {
    getDecodedBuffer(frame: FrameInfo): Uint8Array;
    setProgressive(progressive: boolean): void;
    setQuality(quality: number): void;
    /** 0 = 4:4:4, 1 = 4:2:2, 2 = 4:2:0 */
    setSubSampling(subSampling: number): void;
    encode(): void;
    getEncodedBuffer(): Uint8ClampedArray;
    delete(): void;
  }
  export interface JpegModule {
    readonly JPEGDecoder: new () => JPEGDecoder;
    /** Only in the build that also encodes. */
    readonly JPEGEncoder: new () => JPEGEncoder;
    readonly HEAPU8: Uint8Array;
  }
  const load: (options: {
    wasmBinary: ArrayBuffer;
    print: (text: string) => void;
    printErr: (text: string) => void;
  }) => Promise<JpegModule>;
  export default load;
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  import type { FrameInfo } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
  export interface J2KDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    readHeader(): void;
    decode(): void;
    getDecodedBuffer(): Uint8Array;
    getFrameInfo(): FrameInfo;
    getColorSpace(): number;
    delete(): void;
  }
  export interface J2kModule {
    readonly J2KDecoder: new () => J2KDecoder;
    readonly HEAPU8: Uint8Array;
  }
  const load: (options: {
    wasmBinary: ArrayBuffer;
    print: (text: string) => void;
    printErr: (text: string) => void;
  }) => Promise<J2kModule>;
  export default load;
}

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  import type { FrameInfo } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
  export interface JpegLSDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8Array;
    getFrameInfo(): FrameInfo;
    /** 0 = planes one after another, 1 = by line, 2 = by sample. */
    getInterleaveMode(): number;
    delete(): void;
  }
  export interface JpegLsModule {
    readonly JpegLSDecoder: new () => JpegLSDecoder;
  }
  const load: (options: {
    wasmBinary: ArrayBuffer;
    print: (text: string) => void;
    printErr: (text: string) => void;
  }) => Promise<JpegLsModule>;
  export default load;
}

declare module '@cornerstonejs/codec-openjph/wasmjs' {
  import type { FrameInfo } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
  export interface HTJ2KDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8Array;
    getFrameInfo(): FrameInfo;
    delete(): void;
  }
  export interface HTJ2KEncoder {
    getDecodedBuffer(frame: FrameInfo & { readonly isUsingColorTransform: boolean }): Uint8Array;
    setQuality(reversible: boolean, quantizationStep: number): void;
    encode(): void;
    getEncodedBuffer(): Uint8Array;
    delete(): void;
  }
  export interface OpenJphModule {
    readonly HTJ2KDecoder: new () => HTJ2KDecoder;
    readonly HTJ2KEncoder: new () => HTJ2KEncoder;
  }
  const load: (options: {
    wasmBinary: ArrayBuffer;
    print: (text: string) => void;
    printErr: (text: string) => void;
  }) => Promise<OpenJphModule>;
  export default load;
}

declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    decompress(buffer: ArrayBuffer): ArrayBuffer;
  }
}
