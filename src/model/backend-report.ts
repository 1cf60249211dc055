/** Which backend ran a model, and why: plain data for the page, exports and tests. */

export type BackendName = 'webgpu' | 'wasm' | 'cpu';

export interface BackendReport {
  readonly name: BackendName;
  /** Adapter or instruction set, for example "Apple M2" or "SIMD". */
  readonly device: string;
  /** True for a software adapter. */
  readonly software: boolean;
  /** Largest difference from the golden bag: probability and attention. */
  readonly selfTest: { readonly probability: number; readonly attention: number };
  /** Why this one and not a faster one; empty when it is the fastest. */
  readonly reasons: readonly string[];
}
