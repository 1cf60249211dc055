export { type ErrorText, errorText } from '../words/errors.ts';
