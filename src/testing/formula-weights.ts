/** Weights and tiles by a formula that goldens/make_torch_goldens.py repeats bit for bit. */

/** [count] uint32: the finaliser of MurmurHash3 over a Weyl sequence. */
function mixed(seed: number, count: number): Uint32Array {
  const out = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    let h = (Math.imul(i, 0x9e3779b1) + seed) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    out[i] = h ^ (h >>> 16);
  }
  return out;
}

/** Parameter number `index` of a state_dict: uniform, as wide as He et al. 2015 ask, biases a tenth. */
export function formulaParameter(index: number, name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const bits = mixed(
    1000 * (index + 1),
    shape.reduce((size, side) => size * side, 1),
  );
  const fanIn = shape.slice(1).reduce((size, side) => size * side, 1);
  const width = 2 * Math.sqrt(6 / fanIn);
  const shaped = (u: number): number => {
    if (name.endsWith('running_var')) return 0.5 + u;
    if (name.includes('.bn.') && name.endsWith('weight')) return 0.75 + 0.5 * u;
    return (u - 0.5) * (shape.length === 1 ? 0.2 : width);
  };
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = shaped(((bits[i] ?? 0) >>> 8) / 2 ** 24);
  return out;
}

/** [count,side,side,3] uint8: noise over a ramp that differs from tile to tile. */
export function formulaTiles(count: number, side: number): Uint8Array<ArrayBuffer> {
  const noise = mixed(7, count * side * side * 3);
  const out = new Uint8Array(noise.length);
  let i = 0;
  for (let k = 0; k < count; k++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        for (let c = 0; c < 3; c++) {
          out[i] = ((noise[i] ?? 0) % 96) + 80 * k + 40 * c + x * (k + 1) + y * (c + 1);
          i++;
        }
      }
    }
  }
  return out;
}

/** `count` float32 in -1..1, the stored features of the goldens in heads.json. */
export function formulaFeatures(count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(mixed(11, count), (bits) => (bits >>> 8) / 2 ** 23 - 1);
}
