/** What stands beside the slide, and need not be readable. */
import { AppError } from '../errors.ts';

/**
 * Undefined where it is damaged or coded in a way that is not read: a label in an odd coding does not keep anyone from the
 * slide. @throws slide/read-failed, and what is no typed error
 */
export async function readOptional<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AppError) || error.info.code === 'slide/read-failed') throw error;
    return undefined;
  }
}
