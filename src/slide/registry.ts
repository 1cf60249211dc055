/** The formats, in the order they are tried: makers first, then what is refused by name, then the general. */
import type { SlideFormat } from './format.ts';
import { aperio } from './formats/aperio.ts';
import { argosAvs } from './formats/argos-avs.ts';
import { deepZoom } from './formats/deep-zoom.ts';
import { dicomWsi } from './formats/dicom-wsi.ts';
import { dicomWeb } from './formats/dicomweb.ts';
import { genericTiff } from './formats/generic-tiff.ts';
import { hamamatsuNdpi } from './formats/hamamatsu-ndpi.ts';
import { hamamatsuVms } from './formats/hamamatsu-vms.ts';
import { huron } from './formats/huron.ts';
import { iiif } from './formats/iiif.ts';
import { KNOWN_UNSUPPORTED } from './formats/known-unsupported.ts';
import { leicaScn } from './formats/leica-scn.ts';
import { mirax } from './formats/mirax.ts';
import { omeTiff } from './formats/ome-tiff.ts';
import { philipsTiff } from './formats/philips-tiff.ts';
import { plainImage } from './formats/plain-image.ts';
import { trestle } from './formats/trestle.ts';
import { ventanaBif } from './formats/ventana-bif.ts';
import { zeissCzi } from './formats/zeiss-czi.ts';

export const FORMATS: readonly SlideFormat[] = [
  aperio,
  hamamatsuNdpi,
  hamamatsuVms,
  dicomWsi,
  dicomWeb,
  leicaScn,
  mirax,
  deepZoom,
  iiif,
  omeTiff,
  philipsTiff,
  ventanaBif,
  trestle,
  huron,
  argosAvs,
  zeissCzi,
  ...KNOWN_UNSUPPORTED,
  genericTiff,
  plainImage,
];
