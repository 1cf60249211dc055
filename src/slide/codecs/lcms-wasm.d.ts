/** The part we use of Little CMS as WebAssembly, which comes without types. */
declare module 'lcms-wasm' {
  export interface LittleCms {
    /** Replaced when the memory grows. */
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    /** 0 on failure. */
    _cmsOpenProfileFromMem(pointer: number, bytes: number): number;
    _cmsCreateTransform(
      from: number,
      fromFormat: number,
      to: number,
      toFormat: number,
      intent: number,
      flags: number,
    ): number;
    _cmsDoTransform(transform: number, from: number, to: number, pixels: number): void;
    /** 0 on failure. */
    cmsCreate_sRGBProfile(): number;
  }
  export const TYPE_RGB_16: number;
  export const cmsFLAGS_NOOPTIMIZE: number;
  export default function instantiate(options: {
    readonly wasmBinary: ArrayBuffer;
    readonly print: (text: string) => void;
    readonly printErr: (text: string) => void;
  }): Promise<LittleCms>;
}
