/** Which milscope this is. vite.config.ts puts both texts into every bundle; unbundled they are unknown. */

declare const __MILSCOPE_VERSION__: string;
declare const __MILSCOPE_COMMIT__: string;

export interface AppVersion {
  /** Of package.json. */
  readonly version: string;
  /** 40 hex digits, with "-modified" where sources differ from it; 'unknown' where there is no git. */
  readonly commit: string;
}

export const APP_VERSION: AppVersion = {
  version: typeof __MILSCOPE_VERSION__ === 'undefined' ? 'unknown' : __MILSCOPE_VERSION__,
  commit: typeof __MILSCOPE_COMMIT__ === 'undefined' ? 'unknown' : __MILSCOPE_COMMIT__,
};
