/** The formats, in the order they are tried. */
import type { SlideFormat } from './format.ts';
import { aperio } from './formats/aperio.ts';
import { genericTiff } from './formats/generic-tiff.ts';

export const FORMATS: readonly SlideFormat[] = [aperio, genericTiff];
