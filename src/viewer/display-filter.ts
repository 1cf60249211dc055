/** A curve of values as a filter that the browser applies while it draws, on the graphics card where there is one. */

const SVG = 'http://www.w3.org/2000/svg';
let made = 0;

export interface DisplayFilter {
  /** Must stand in the page, beside what is filtered; it takes no room. */
  readonly element: SVGSVGElement;
  /** For the CSS property `filter`. */
  readonly css: string;
  /** [256], 0..1. */
  setCurve(curve: readonly number[]): void;
}

/** @see Filter Effects Module Level 1, feComponentTransfer type="table" */
export function createDisplayFilter(): DisplayFilter {
  const id = `display-filter-${made++}`;
  const element = document.createElementNS(SVG, 'svg');
  element.setAttribute('width', '0');
  element.setAttribute('height', '0');
  element.setAttribute('aria-hidden', 'true');
  element.style.position = 'absolute';
  const filter = document.createElementNS(SVG, 'filter');
  filter.id = id;
  // The curve is of stored values, not of light.
  filter.setAttribute('color-interpolation-filters', 'sRGB');
  const transfer = document.createElementNS(SVG, 'feComponentTransfer');
  const channels = ['feFuncR', 'feFuncG', 'feFuncB'].map((name) => {
    const channel = document.createElementNS(SVG, name);
    channel.setAttribute('type', 'table');
    transfer.append(channel);
    return channel;
  });
  filter.append(transfer);
  element.append(filter);
  return {
    element,
    css: `url("#${id}")`,
    setCurve: (curve) => {
      const values = curve.map((value) => value.toFixed(5)).join(' ');
      for (const channel of channels) channel.setAttribute('tableValues', values);
    },
  };
}
