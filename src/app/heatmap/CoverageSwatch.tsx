import { useEffect, useRef } from 'react';
import type { CoverageName } from '../../tiling/coverage.ts';
import { paintHatch } from '../../viewer/hatching.ts';
import { markColors } from '../../viewer/mark-colors.ts';

const SIDE_PX = 20;

/** How the slide shows what became of a tile: a frame, or the pattern of its reason. */
export function CoverageSwatch({ name }: { name: CoverageName }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current === null || name === 'tile') return;
    const isForced = window.matchMedia('(forced-colors: active)').matches;
    paintHatch(canvas.current, name, markColors(isForced).hatch);
  }, [name]);
  const side = Math.round(SIDE_PX * window.devicePixelRatio);
  return <canvas ref={canvas} className={`coverage-swatch is-${name}`} width={side} height={side} aria-hidden />;
}
