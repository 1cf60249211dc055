import { DIGITAL } from '../words/view.ts';
import { MagnificationPresets } from './MagnificationPresets.tsx';
import { isDigital, magnificationLabel, scaleBar, scanMagnification, toMagnification } from './scale-bar.ts';
import type { ViewPosition } from './slide-view.ts';

const BAR_PX = 110;

/** How large things are: a bar in µm, the magnification, and the presets. */
export function ScaleAndMagnification({
  position,
  umPerSlidePx,
  objective,
  onScale,
  onUpright,
}: {
  position: ViewPosition;
  umPerSlidePx: number | undefined;
  /** Magnification of the scan; without it that of its pixel size. */
  objective?: number | undefined;
  /** Asks for so many CSS px a level-0 px. */
  onScale: (scale: number) => void;
  onUpright: () => void;
}) {
  const degrees = Math.round(position.degrees) % 360;
  if (umPerSlidePx === undefined) {
    return (
      <div className="float scale-box">
        <span className="muted" data-testid="magnification">
          {Number((position.scale * 100).toPrecision(3))} % · pixel size unknown
        </span>
        {degrees !== 0 && <Upright degrees={degrees} onUpright={onUpright} />}
      </div>
    );
  }
  const umPerPx = umPerSlidePx / position.scale;
  const bar = scaleBar(umPerPx, BAR_PX);
  const magnification = toMagnification(umPerPx);
  const scanned = objective ?? scanMagnification(umPerSlidePx);
  return (
    <div className="float scale-box">
      <div className="scale-bar" data-testid="scale-bar">
        <div className="scale-bar-line" style={{ width: `${bar.px}px` }} />
        <span>{bar.label}</span>
      </div>
      <MagnificationPresets
        magnification={magnification}
        scanned={scanned}
        umPerSlidePx={umPerSlidePx}
        onScale={onScale}
      />
      <output className="magnification" data-testid="magnification" aria-label="Magnification now">
        {magnificationLabel(magnification)}
        {isDigital(magnification, scanned) && <span className="digital">{DIGITAL}</span>}
      </output>
      {degrees !== 0 && <Upright degrees={degrees} onUpright={onUpright} />}
    </div>
  );
}

function Upright({ degrees, onUpright }: { degrees: number; onUpright: () => void }) {
  return (
    <button type="button" className="upright" onClick={onUpright} title="Turn upright">
      {degrees}°
    </button>
  );
}
