/** The fibres of the stroma. */
import type { Rect } from '../geometry.ts';
import { GRAIN, type Grain } from './grain.ts';
import type { TissueFields } from './tissue-fields.ts';

/**
 * White noise smeared along the fibres, at half the resolution: about -1..1, [rows*2, cols*2] from the fields' corner.
 * @see Cabral and Leedom 1993, line integral convolution
 */
export function combFibres(region: Rect, fields: TissueFields, grain: Grain): { width: number; data: Float32Array } {
  const width = fields.cols * 2;
  const height = fields.rows * 2;
  const data = new Float32Array(width * height);
  const firstI = Math.max(0, (region.x >> 1) - fields.col * 2);
  const lastI = Math.min(width - 1, ((region.x + region.width) >> 1) + 1 - fields.col * 2);
  const firstJ = Math.max(0, (region.y >> 1) - fields.row * 2);
  const lastJ = Math.min(height - 1, ((region.y + region.height) >> 1) + 1 - fields.row * 2);
  const steps = 9;
  for (let j = firstJ; j <= lastJ; j++)
    for (let i = firstI; i <= lastI; i++) {
      const start = (j >> 1) * fields.cols + (i >> 1);
      if ((fields.gland[start] as number) > 12 || (fields.tissue[start] as number) < -8) continue;
      let sum = 0;
      for (let way = -1; way <= 1; way += 2) {
        let x = i + 0.5;
        let y = j + 0.5;
        let lastX = way * (fields.fibreX[start] as number);
        let lastY = way * (fields.fibreY[start] as number);
        for (let step = 0; step < steps; step++) {
          const col = Math.floor(x);
          const row = Math.floor(y);
          // Two widths of strand: single fibres, and bundles three times as wide.
          sum += grain.white[
            ((row + fields.row * 2) & (GRAIN - 1)) * GRAIN + ((col + fields.col * 2) & (GRAIN - 1))
          ] as number;
          const wideRow = Math.floor((row + fields.row * 2) / 3);
          const wideCol = Math.floor((col + fields.col * 2) / 3);
          sum += 1.1 * (grain.white[((wideRow + 91) & (GRAIN - 1)) * GRAIN + (wideCol & (GRAIN - 1))] as number);
          const cell = (row >> 1) * fields.cols + (col >> 1);
          let dx = fields.fibreX[cell] as number;
          let dy = fields.fibreY[cell] as number;
          if (dx === 0 && dy === 0) break;
          if (dx * lastX + dy * lastY < 0) {
            dx = -dx;
            dy = -dy;
          }
          x += dx;
          y += dy;
          lastX = dx;
          lastY = dy;
        }
      }
      data[j * width + i] = sum / 6.4;
    }
  return { width, data };
}
