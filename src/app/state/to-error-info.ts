import { type ErrorInfo, isAppError } from '../../errors.ts';

/** What to show of an error that was caught. */
export function toErrorInfo(error: unknown): ErrorInfo {
  if (isAppError(error)) return error.info;
  return { code: 'internal', reason: error instanceof Error ? error.message : String(error) };
}
