export function appVersion(folder?: string): { readonly version: string; readonly commit: string };
