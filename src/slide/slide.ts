/** What a slide is: types and contract only. All positions are level-0 pixels unless the name says otherwise. */
import type { Rect } from '../geometry.ts';
import type { ChannelView, SlideChannel } from './channel-view.ts';

/** Random access to the bytes of one file. `read` rejects with slide/read-failed on a short read: it never zero-fills. */
export interface ByteSource {
  readonly name: string;
  readonly sizeBytes: number;
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Pixel size in µm per level-0 pixel, and who said so. */
export interface Mpp {
  readonly x: number;
  readonly y: number;
  readonly origin: 'tiff-tag' | 'vendor' | 'user';
}

export interface Level {
  /** 0 = largest. */
  readonly index: number;
  /** Size in pixels of THIS level. */
  readonly width: number;
  readonly height: number;
  /**
   * Level-0 pixels per pixel of this level, mean of both axes, never rounded, >= 1. For choosing a level and for µm/px;
   * positions are mapped with the true sizes of each axis.
   */
  readonly downsample: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** The ICC profile of a slide, by name. */
export interface ColorProfile {
  readonly name: string;
  /** Why it cannot be applied; undefined when it can. */
  readonly problem: string | undefined;
}

/**
 * How the stored rows and columns lie in the picture, as TIFF counts it; 1 is as stored.
 * @see TIFF 6.0 section 8, Orientation
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** One of several images of a file. */
export interface SeriesImage {
  /** Number in the file, counted from 0. */
  readonly index: number;
  /** '' where the file gives none. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** The images of a file that has several, of which one is the slide. */
export interface SlideSeries {
  /** In the order of the file; label, macro and thumbnail are not among them. */
  readonly images: readonly SeriesImage[];
  /** Index of the one that is open. */
  readonly open: number;
}

/** Plain data about a slide: crosses the worker boundary and goes into reports. */
export interface SlideInfo {
  /** Content fingerprint, hex; not the file name. */
  readonly id: string;
  readonly name: string;
  /** Registry id of the format. */
  readonly format: string;
  /** What a person calls it: "Aperio SVS, JPEG". */
  readonly formatLabel: string;
  readonly width: number;
  readonly height: number;
  readonly levels: readonly Level[];
  readonly mpp: Mpp | undefined;
  readonly objectivePower: number | undefined;
  /** Non-empty area, level-0 px. */
  readonly bounds: Rect;
  readonly background: readonly [number, number, number];
  /** Vendor metadata, verbatim. */
  readonly properties: Readonly<Record<string, string>>;
  /** 'label' | 'macro' | 'thumbnail' */
  readonly associated: readonly string[];
  /** Set where the slide has a profile. Pixels are always as stored: it is applied for the eye only, on the way to the screen. */
  readonly colorProfile?: ColorProfile | undefined;
  /** Set where the picture is composed of grey channels. */
  readonly channels?: readonly SlideChannel[] | undefined;
  /** Set where the file has several images. */
  readonly series?: SlideSeries | undefined;
  /** Set where the whole picture lies decoded with whoever opened it: opening it once more takes as much memory again. */
  readonly isOnePiece?: true;
  /**
   * Set where the file asks for a picture that is turned or mirrored. For the eye only: sizes, positions and pixels of
   * every room are as stored.
   */
  readonly orientation?: Exclude<Orientation, 1> | undefined;
}

/** RGB, row-major, 0..255, 3 bytes a pixel. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A live slide: owned, and closed, by whoever opened it. */
export interface Slide {
  readonly info: SlideInfo;
  /** The bytes of the ICC profile, as stored; `open.ts` adds that of a TIFF. */
  readonly colorProfile?: Uint8Array | undefined;
  /**
   * One tile, clipped to the level: at the right and bottom edge it is narrower than tileWidth x tileHeight.
   * A tile the format leaves out comes filled with the background.
   * @throws slide/tile-failed when it cannot be decoded, slide/read-failed when the file cannot be read
   */
  readTile(level: number, col: number, row: number, signal?: AbortSignal): Promise<Pixels>;
  /**
   * As readTile, composed of the channels of the view. There where `info.channels` is.
   * @throws usage for a view of channels that are not there, or of more than MAX_CHANNELS
   */
  readonly readView?:
    | ((view: ChannelView, level: number, col: number, row: number, signal?: AbortSignal) => Promise<Pixels>)
    | undefined;
  readAssociated(name: string, signal?: AbortSignal): Promise<Pixels>;
  close(): Promise<void>;
}

/** What was dropped: MIRAX, VMS and DICOM slides are several files. */
export interface SlideFiles {
  readonly main: ByteSource;
  find(relativePath: string): ByteSource | undefined;
  list(): readonly string[];
  /**
   * Of a slide by address: a whole small file below its folder, whose size nobody knows before; undefined where there is
   * none. @throws slide/read-failed, also past maxBytes
   */
  readWhole?(relativePath: string, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /**
   * Of a series on a DICOMweb server: bytes of its data sets, asked for below the series, or by a full address below the
   * service. `name` stands in errors. @throws slide/read-failed, also past maxBytes and for addresses elsewhere
   */
  readRemote?(path: string, name: string, maxBytes: number, signal?: AbortSignal): Promise<RemoteBytes>;
}

/** Bytes, and what the server says they are ('' where it does not). */
export interface RemoteBytes {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}
