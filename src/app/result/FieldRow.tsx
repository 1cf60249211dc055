import { ChevronLeft, ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { IconButton } from '../shell/IconButton.tsx';

/**
 * Fields in a row that the wheel, the two buttons beside its heading and the arrow keys move sideways. The buttons are no
 * tab stops: whoever goes by keys has the arrows.
 */
export function FieldRow({ heading, children }: { heading: ReactNode; children: ReactNode }) {
  const row = useRef<HTMLDivElement>(null);
  const [more, setMore] = useState({ before: false, after: false });
  useEffect(() => {
    const element = row.current;
    if (element === null) return;
    const look = () => {
      const { scrollLeft, clientWidth, scrollWidth } = element;
      const next = { before: scrollLeft > 1, after: scrollLeft + clientWidth < scrollWidth - 1 };
      setMore((known) => (known.before === next.before && known.after === next.after ? known : next));
    };
    const turn = (event: WheelEvent) => {
      const by = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
      // What cannot go on here belongs to the page, and Ctrl with the wheel zooms it.
      if (event.ctrlKey || (by < 0 ? element.scrollLeft <= 0 : !canGoOn(element))) return;
      event.preventDefault();
      element.scrollLeft += event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? by : by * LINE_PX;
    };
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    for (const field of element.children) sizes.observe(field);
    element.addEventListener('scroll', look);
    element.addEventListener('wheel', turn, { passive: false });
    return () => {
      sizes.disconnect();
      element.removeEventListener('scroll', look);
      element.removeEventListener('wheel', turn);
    };
  }, []);
  const page = (way: 1 | -1) => {
    const element = row.current;
    if (element === null) return;
    const field = element.firstElementChild?.clientWidth ?? 0;
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    element.scrollBy({
      left: way * Math.max(field, element.clientWidth - field),
      behavior: still ? 'instant' : 'smooth',
    });
  };
  return (
    <>
      <div className="field-head">
        {heading}
        {(more.before || more.after) && (
          <span className="field-pages">
            <IconButton
              excludeFromTabOrder
              label="Earlier fields"
              placement="top"
              icon={<ChevronLeft size={16} aria-hidden />}
              isDisabled={!more.before}
              onPress={() => page(-1)}
            />
            <IconButton
              excludeFromTabOrder
              label="Later fields"
              placement="top"
              icon={<ChevronRight size={16} aria-hidden />}
              isDisabled={!more.after}
              onPress={() => page(1)}
            />
          </span>
        )}
      </div>
      <div ref={row} className="field-row">
        {children}
      </div>
    </>
  );
}

/** Of a wheel that counts lines. */
const LINE_PX = 40;

function canGoOn({ scrollLeft, clientWidth, scrollWidth }: HTMLElement): boolean {
  return scrollLeft + clientWidth < scrollWidth - 1;
}
