/** The words of every error: on the screen what happened and what to do, in terminals and logs one sentence. */
import type { ErrorInfo } from '../errors.ts';
import { count } from './numbers.ts';

export interface ErrorText {
  readonly title: string;
  readonly advice: string;
}

const READABLE =
  'Aperio, Argos, Hamamatsu, Huron, Leica, MIRAX, Philips, Trestle, Ventana, Zeiss CZI, DICOM, OME-TIFF, Deep Zoom, TIFF, PNG and JPEG';

/** Exhaustive, so that a new code cannot ship without words. */
export function errorText(info: ErrorInfo): ErrorText {
  switch (info.code) {
    case 'slide/unrecognized':
      return {
        title: `${info.name} is not a slide or image that milscope knows.`,
        advice: `Open one of these instead: ${READABLE}. The content counts, not the name of the file.`,
      };
    case 'slide/unsupported':
      return {
        title: `This is ${withArticle(info.format)} file; milscope cannot read ${info.feature} yet.`,
        advice: unsupportedAdvice(info.feature),
      };
    case 'slide/corrupt':
      return {
        title: `The file is damaged: ${info.where}.`,
        advice: 'Copy it again from where it came from, and compare the sizes of both copies.',
      };
    case 'slide/read-failed':
      return {
        title: `${info.name} could not be read: ${info.reason}.`,
        advice: /lacks the header/.test(info.reason)
          ? 'Whoever runs that server can add it. Or download the slide and drop the file here.'
          : /^the server /.test(info.reason)
            ? 'Check the address, and whether that server lets anybody read it: milscope sends no login. Or download the slide and drop its files here.'
            : 'The file may have been moved, changed or cut short. Open it again.',
      };
    case 'slide/tile-failed':
      return {
        title: `A part of the slide cannot be decoded (level ${info.level}, column ${info.col}, row ${info.row}).`,
        advice: 'It is drawn as a grey hole; the rest of the slide is fine.',
      };
    case 'slide/no-mpp':
      return {
        title: 'The slide does not say its pixel size.',
        advice: 'Give it in µm per pixel: usually 0.5 for 20x and 0.25 for 40x.',
      };
    case 'bag/no-tissue':
      return {
        title: noTissue(info),
        advice: 'Check that this is an H&E slide with tissue in focus, and that its pixel size is right.',
      };
    case 'bag/tiles-failed':
      return {
        title: `${info.failed.toLocaleString('en')} of ${info.count.toLocaleString('en')} tissue tiles could not be read: too many for a result.`,
        advice: 'The file is probably damaged. Copy it again from where it came from.',
      };
    case 'model/unknown':
      return { title: `There is no model called ${info.id}.`, advice: 'Choose another model from the list.' };
    case 'model/invalid':
      return {
        title: `The model file ${info.path} is not valid: ${info.problem}.`,
        advice: 'Nothing was changed. Choose another model, or correct the file.',
      };
    case 'model/integrity':
      return {
        title: `The model file ${info.path} is not the one that was released.`,
        advice: 'It was not used. Reload the page; if this stays, install the model again.',
      };
    case 'model/missing-file':
      return {
        title: `The model file ${info.path} is missing.`,
        advice: 'Reload the page; if this stays, install the model again, or choose another.',
      };
    case 'model/not-kept':
      return {
        title: `The model could not be kept in this browser: ${info.reason}.`,
        advice: 'Free some disk space, or leave private browsing, then import it again.',
      };
    case 'result/invalid':
      return {
        title: `This is not a result that milscope can show: ${info.problem}.`,
        advice: 'Nothing was changed. Use a JSON file that milscope exported, as it was exported.',
      };
    case 'export/failed':
      return {
        title: `The ${info.format} file was not made: ${info.reason}.`,
        advice: EXPORT_ADVICE[info.cause],
      };
    case 'gpu/unavailable':
      return {
        title: `No usable graphics card: ${info.reason}.`,
        advice: 'Run again without asking for the graphics card; the processor gives the same numbers, more slowly.',
      };
    case 'gpu/lost':
      return {
        title: `The graphics card stopped: ${info.reason}.`,
        advice: 'Run the model again. If it happens twice, close other programs that use the graphics card.',
      };
    case 'gpu/out-of-memory':
      return {
        title: 'The graphics card ran out of memory.',
        advice: 'Close other tabs and programs that use it, then run the model again.',
      };
    case 'worker/crashed':
      return {
        title: `A background task stopped (${info.worker}: ${info.reason}).`,
        advice: 'It has been started afresh. Try again; if it happens twice, reload the page.',
      };
    case 'usage':
      return { title: info.problem, advice: 'Check what was asked for, then try again.' };
    case 'internal':
      return {
        title: `Something went wrong inside milscope: ${info.reason}.`,
        advice: 'Please report it with the name of the scanner and the steps before. Nothing was lost on screen.',
      };
  }
}

const EXPORT_ADVICE: Readonly<Record<Extract<ErrorInfo, { code: 'export/failed' }>['cause'], string>> = {
  size: 'Choose a smaller width, or make the window wider, then export again.',
  slide: 'The file may have been moved or changed. Open the slide again; its result can be dropped back as JSON.',
  browser: 'Try again. If it happens twice, export the JSON, reload the page, open the slide and drop the JSON on it.',
};

/** What lacks only what lies around it need not be exported again. */
function unsupportedAdvice(feature: string): string {
  if (/without (its file|the slide)/.test(feature))
    return 'Drop the folder that holds all files of the slide, or all of them together.';
  if (/without its server/.test(feature)) return 'Open the address of the slide instead of a file.';
  if (/inside an archive/.test(feature)) return 'Unpack it, then drop the slide or its folder.';
  return `Export it from the scanner's own software as a tiled TIFF with JPEG compression, then open that.`;
}

/** One plain sentence with the values in it, for terminals and logs: the message of an AppError. */
export function errorSentence(info: ErrorInfo): string {
  switch (info.code) {
    case 'slide/unrecognized':
      return `${info.name} is not a slide or image that milscope knows.`;
    case 'slide/unsupported':
      return `This is ${withArticle(info.format)} file; milscope cannot read ${info.feature} yet.`;
    case 'slide/corrupt':
      return `The file is damaged: ${info.where}.`;
    case 'slide/read-failed':
      return `${info.name} could not be read: ${info.reason}.`;
    case 'slide/tile-failed':
      return `Tile ${info.col},${info.row} of level ${info.level} could not be decoded: ${info.reason}.`;
    case 'slide/no-mpp':
      return 'The slide does not say its pixel size; give it in µm per pixel.';
    case 'bag/no-tissue':
      return noTissue(info);
    case 'bag/tiles-failed':
      return `${info.failed} of ${info.count} tissue tiles could not be read, too many for a result.`;
    case 'model/unknown':
      return `There is no model called ${info.id}.`;
    case 'model/invalid':
      return `The model file ${info.path} is not valid: ${info.problem}.`;
    case 'model/integrity':
      return `The model file ${info.path} is not the one the manifest names: sha256 ${info.actual}, expected ${info.expected}.`;
    case 'model/missing-file':
      return `The model file ${info.path} is missing.`;
    case 'model/not-kept':
      return `The model could not be kept in this browser: ${info.reason}.`;
    case 'result/invalid':
      return `This is not a result that milscope can read: ${info.problem}.`;
    case 'export/failed':
      return `The ${info.format} file was not made: ${info.reason}.`;
    case 'gpu/unavailable':
      return `No usable GPU: ${info.reason}.`;
    case 'gpu/lost':
      return `The GPU was lost: ${info.reason}.`;
    case 'gpu/out-of-memory':
      return `The GPU ran out of memory: ${info.reason}.`;
    case 'worker/crashed':
      return `The ${info.worker} worker stopped: ${info.reason}.`;
    case 'usage':
      return info.problem;
    case 'internal':
      return `Internal error: ${info.reason}.`;
  }
}

/** "an Aperio SVS", "a Zeiss CZI": by the sound of the first word, which a few letters alone do not give away. */
function withArticle(name: string): string {
  return `${/^([aeio]|iSyntax|(NDPI|SCN|SVS)\b)/i.test(name) ? 'an' : 'a'} ${name}`;
}

/** Says that there is no tissue only where that is so. */
function noTissue(info: Extract<ErrorInfo, { code: 'bag/no-tissue' }>): string {
  const { candidates, rejected, fullest, needed } = info;
  const isBare = rejected === undefined || (rejected.background === candidates && fullest === undefined);
  if (isBare) return `No tissue was found among ${count(candidates)} tiles.`;
  const most =
    fullest === undefined || needed === undefined
      ? ''
      : ` (${Math.floor(fullest * 100)} % at most, ${Math.ceil(needed * 100)} % needed)`;
  const reasons = [
    rejected.background > 0 && `${count(rejected.background)} with too little tissue${most}`,
    rejected.blur > 0 && `${count(rejected.blur)} out of focus`,
    rejected.pen > 0 && `${count(rejected.pen)} under pen`,
    rejected.black > 0 && `${count(rejected.black)} black`,
    rejected.unreadable > 0 && `${count(rejected.unreadable)} that could not be decoded`,
  ].filter((reason) => reason !== false);
  return `No tile of ${count(candidates)} can be used: ${reasons.join(', ')}.`;
}
