import { describe, expect, it } from 'vitest';
import { child, children, parseXml } from './xml.ts';

/** An element around `one`, repeated to so many characters. */
const repeated = (one: string, chars: number) => `<r>${one.repeat(Math.floor(chars / one.length))}</r>`;
const joint =
  '<TileJointInfo FlagJoined="1" Confidence="99" Direction="RIGHT" Tile1="101" Tile2="102" OverlapX="12" OverlapY="1"/>';
const plane =
  '<TiffData FirstC="0" FirstT="0" FirstZ="0" IFD="1" PlaneCount="1"><UUID FileName="a.ome.tif">urn:uuid:1</UUID></TiffData>';

/** Seconds of the processor that a parse takes, whatever else runs. */
function secondsOf(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

describe('XML as long as that of real slides opens', () => {
  it.each([
    ['10,000 joints of a BIF', joint.repeat(10_000), 'TileJointInfo', 10_000],
    ['15,000 planes of an OME-TIFF', plane.repeat(15_000), 'TiffData', 15_000],
    ['30,000 settings of a CZI', '<PixelAccuracy>0.22</PixelAccuracy>'.repeat(30_000), 'PixelAccuracy', 30_000],
    ['5 MB of a picture in a Philips TIFF', `<Image>${'QUJD'.repeat(1_250_000)}</Image>`, 'Image', 1],
  ])('%s', (_, inner, name, count) => {
    const root = child(parseXml(`<r>${inner}</r>`, 'it'), 'r');
    expect(children(root, name)).toHaveLength(count);
  });
});

describe('XML that would keep everyone waiting', () => {
  const bombs: Readonly<Record<string, string>> = {
    tags: repeated('<a/>', 4e6),
    'closed tags': repeated('<a>b</a>', 4e6),
    attributes: `<r ${Array.from({ length: 400_000 }, (_, i) => `a${i}="1"`).join(' ')}/>`,
    names: `<r>${Array.from({ length: 400_000 }, (_, i) => `<a${i}/>`).join('')}</r>`,
    text: repeated('x', 8e6),
    instructions: repeated('<?a?>', 4e6),
  };
  it.each(Object.keys(bombs))('%s are refused at once', (name) => {
    const bomb = bombs[name] ?? '';
    const seconds = secondsOf(() =>
      expect(() => parseXml(bomb, 'its XML')).toThrow('its XML is longer than that of a slide'),
    );
    expect(seconds).toBeLessThan(0.3);
  });

  /** Processor seconds of XML as long as that of a real slide, on this machine at this time: median of five. */
  const ofRealSlide = () => {
    const settings = `<r>${'<PixelAccuracy>0.22</PixelAccuracy>'.repeat(30_000)}</r>`;
    const seconds = Array.from({ length: 5 }, () => secondsOf(() => parseXml(settings, 'it')));
    return seconds.sort((a, b) => a - b)[2] ?? Number.NaN;
  };

  // Measured at 7 to 9 times for the slowest two. A ratio, because one machine differs from hour to hour: seconds did not hold.
  it.each(Object.keys(bombs))(
    '%s just below the limit take at most sixteen times as long as those of a slide',
    (name) => {
      // Shortened until it is taken, in steps of a twentieth.
      const bomb = bombs[name] ?? '';
      for (let part = bomb.length; part > 1000; part *= 0.95) {
        const end = { attributes: ' ', text: 'x', 'closed tags': '<a' }[name] ?? '<';
        const cut = bomb.slice(0, bomb.lastIndexOf(end, part));
        const whole = name === 'attributes' ? `${cut}/>` : `${cut}</r>`;
        let isTaken = true;
        const seconds = secondsOf(() => {
          try {
            parseXml(whole, 'its XML');
          } catch {
            isTaken = false;
          }
        });
        if (!isTaken) continue;
        expect(seconds / ofRealSlide()).toBeLessThan(16);
        return;
      }
      throw new Error('nothing was taken');
    },
  );
});

it('names what is no XML', () => {
  expect(() => parseXml('<a', 'its XML')).toThrow('its XML is not valid XML');
});
