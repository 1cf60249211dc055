/** The keys, as data: what the page does on each, and what the help says. */

export type KeyAction =
  | 'pan-left'
  | 'pan-right'
  | 'pan-up'
  | 'pan-down'
  | 'zoom-in'
  | 'zoom-out'
  | 'home'
  | 'rotate-left'
  | 'rotate-right'
  | 'full-screen'
  | 'heatmap'
  | 'colours'
  | 'display-reset'
  | 'opacity-down'
  | 'opacity-up'
  | 'next-tile'
  | 'previous-tile'
  | 'magnification-0'
  | 'magnification-1'
  | 'magnification-2'
  | 'magnification-3'
  | 'magnification-4'
  | 'magnification-5'
  | 'no-tile'
  | 'help';

/** By KeyboardEvent.key, lower case. */
export const KEYS: Readonly<Record<string, KeyAction>> = {
  arrowleft: 'pan-left',
  arrowright: 'pan-right',
  arrowup: 'pan-up',
  arrowdown: 'pan-down',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
  _: 'zoom-out',
  '0': 'home',
  '1': 'magnification-0',
  '2': 'magnification-1',
  '3': 'magnification-2',
  '4': 'magnification-3',
  '5': 'magnification-4',
  '6': 'magnification-5',
  r: 'rotate-right',
  e: 'rotate-left',
  f: 'full-screen',
  h: 'heatmap',
  c: 'colours',
  d: 'display-reset',
  '[': 'opacity-down',
  ']': 'opacity-up',
  n: 'next-tile',
  p: 'previous-tile',
  escape: 'no-tile',
  '?': 'help',
};

/** For the help: the keys of one line, and what they do. */
export const KEY_HELP: readonly (readonly [readonly string[], string])[] = [
  [['←', '→', '↑', '↓'], 'Move over the slide'],
  [['+', '−'], 'Zoom in, zoom out'],
  [['1', '2', '3', '4', '5', '6'], '1×, 2×, 5×, 10×, 20×, 40×'],
  [['0'], 'Whole slide'],
  [['E', 'R'], 'Turn left, turn right'],
  [['F'], 'Full screen'],
  [['H'], 'Heatmap on or off'],
  [['C'], 'Colours of the scanner, or as stored'],
  [['D'], 'Brightness, contrast and gamma back to neutral'],
  [['[', ']'], 'Heatmap fainter, stronger'],
  [['N', 'P'], 'Next, previous tile by attention'],
  [['Esc'], 'No tile'],
  [['?'], 'This help'],
];

/** The parts of a KeyboardEvent that decide. */
export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly defaultPrevented: boolean;
}

/** What has the focus: a field that is typed into, a control that is stepped with the arrows, or neither. */
export type Focus = 'typed' | 'stepped' | 'free';

/** What a key does, or undefined: fields keep all keys, sliders and choices keep the arrows. */
export function keyAction(pressed: PressedKey, focus: Focus): KeyAction | undefined {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || pressed.defaultPrevented) return undefined;
  if (focus === 'typed' || (focus === 'stepped' && pressed.key.startsWith('Arrow'))) return undefined;
  return KEYS[pressed.key.toLowerCase()];
}

const TYPED =
  'input:not([type=file], [type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable], [role=listbox], [role=menu], [role=dialog]';
const STEPPED = '[type=radio], [type=range], [role=radiogroup], [role=toolbar]';

export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return 'free';
  if (target.closest(TYPED) !== null) return 'typed';
  return target.closest(STEPPED) === null ? 'free' : 'stepped';
}
