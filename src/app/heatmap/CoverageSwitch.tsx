import { useMemo } from 'react';
import { Switch } from 'react-aria-components';
import { COVERAGE_NAMES, countCells } from '../../tiling/coverage.ts';
import { coverageLabel } from '../../words/coverage.ts';
import { count } from '../../words/numbers.ts';
import { useScreen, useSession } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { CoverageSwatch } from './CoverageSwatch.tsx';

/** Outlines what was looked at and shades what was left out, with how much of each. */
export function CoverageSwitch({ run }: { run: ShownRun }) {
  const { actions } = useSession();
  const isOn = useScreen((screen) => screen.heatmap.hasCoverage);
  const coverage = run.bag?.coverage;
  const counts = useMemo(() => coverage && countCells(coverage), [coverage]);
  return (
    <div className="coverage">
      <Switch
        className="switch small"
        data-testid="coverage-switch"
        isSelected={isOn}
        onChange={(next) => actions.setHeatmap({ hasCoverage: next })}
      >
        <span className="switch-track" aria-hidden />
        Show analyzed tiles
      </Switch>
      {isOn && counts === undefined && (
        <p className="muted small" data-testid="coverage-unknown">
          This result does not say which tiles were looked at.
        </p>
      )}
      {isOn && counts !== undefined && (
        <ul className="coverage-list small" data-testid="coverage">
          {COVERAGE_NAMES.filter((name) => name === 'tile' || counts[name] > 0).map((name) => (
            <li key={name} data-reason={name} data-count={counts[name]}>
              <CoverageSwatch name={name} />
              <span>
                {count(counts[name])} {coverageLabel(name)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
