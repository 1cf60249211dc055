import { ChevronDown } from 'lucide-react';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import './fold.css';

/** A part of the panel that folds to one line: its name, and in short what it holds. */
export function Fold({
  title,
  summary,
  isOpen,
  onChange,
  children,
}: {
  title: string;
  /** Beside the name while it is folded. */
  summary: ReactNode;
  isOpen: boolean;
  onChange: (isOpen: boolean) => void;
  children: ReactNode;
}) {
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  // What folds away by itself must not take the focus with it.
  useLayoutEffect(() => {
    if (!isOpen && panel.current?.contains(document.activeElement)) trigger.current?.focus();
  }, [isOpen]);
  return (
    <Disclosure className="fold" isExpanded={isOpen} onExpandedChange={onChange}>
      <div className="fold-line">
        <Heading level={2}>
          <Button slot="trigger" className="fold-trigger" ref={trigger}>
            {title}
            <ChevronDown size={14} aria-hidden />
          </Button>
        </Heading>
        {!isOpen && <span className="fold-summary small">{summary}</span>}
      </div>
      <DisclosurePanel ref={panel}>{children}</DisclosurePanel>
    </Disclosure>
  );
}

/** Open or not as the person left it, until `key` changes: then again as it is at first. */
export function useFold(key: string | undefined, isOpenAtFirst: boolean): [boolean, (isOpen: boolean) => void] {
  const [chosen, choose] = useState<{ readonly key: string | undefined; readonly isOpen: boolean }>();
  const isOpen = chosen !== undefined && chosen.key === key ? chosen.isOpen : isOpenAtFirst;
  return [isOpen, (next) => choose({ key, isOpen: next })];
}
