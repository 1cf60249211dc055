import { expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { file, IMPORTED, openOne, PLAN, settle, setUp, shownId } from '../testing/fake-services.ts';

it('a model of the user’s own is shown as a plan, then imported, chosen and listed', async () => {
  const all = setUp();
  await openOne(all, 'a', 0.5);
  const planning = all.actions.openFiles([file('mine.pth')]);
  expect(all.store.getState().importing).toEqual({ status: 'reading', name: 'mine.pth' });
  all.plans[0]?.resolve(PLAN);
  await planning;
  expect(all.store.getState().importing).toMatchObject({ status: 'planned', plan: PLAN });
  expect(all.opens).toHaveLength(1);
  expect(shownId(all.store)).toBe('a');

  const importing = all.actions.importModel({ name: 'mine' });
  expect(all.imports[0]?.input).toEqual({ files: 1, name: 'mine' });
  all.imports[0]?.resolve(IMPORTED);
  await importing;
  expect(all.store.getState()).toMatchObject({ importing: { status: 'done' }, modelId: 'imported-mine' });
  expect(all.store.getState().imported).toEqual([IMPORTED]);
  expect(all.asked).toEqual(['to keep']);

  const running = all.actions.run();
  await settle();
  expect(all.runs).toHaveLength(1);
  all.actions.cancel();
  await running;
});

it('a model that is refused changes nothing, and its plan can be corrected', async () => {
  const all = setUp();
  const planning = all.actions.planImport([file('bad.pth')]);
  all.plans[0]?.reject(new AppError({ code: 'model/invalid', path: 'bad.pth', problem: 'it is cut short' }));
  await planning;
  expect(all.store.getState().importing).toMatchObject({ status: 'failed', error: { code: 'model/invalid' } });

  const again = all.actions.planImport([file('good.pth')]);
  all.plans[1]?.resolve(PLAN);
  await again;
  const importing = all.actions.importModel({});
  all.imports[0]?.reject(new AppError({ code: 'model/not-kept', reason: 'there is no room for it' }));
  await importing;
  expect(all.store.getState()).toMatchObject({
    importing: { status: 'planned', plan: PLAN, error: { code: 'model/not-kept' } },
    imported: [],
    modelId: 'm',
  });
});

it('a model whose import is closed ends what is under way', async () => {
  const all = setUp();
  const planning = all.actions.planImport([file('mine.pth')]);
  all.actions.closeImport();
  await planning;
  expect(all.plans[0]?.signal?.aborted).toBe(true);
  expect(all.store.getState().importing).toEqual({ status: 'none' });
});

it('a model is there again at the next visit, and removing it brings the shipped one back', async () => {
  const all = setUp();
  await all.actions.listImported();
  all.actions.chooseModel('imported-mine');
  await all.actions.removeModel('imported-mine');
  expect(all.removed).toEqual(['imported-mine']);
  expect(all.store.getState()).toMatchObject({ modelId: 'm', imported: [] });
  expect(all.store.getState().notice).toMatch(/mine was removed/);
});

it('a model is recognised by its content when its name says nothing', async () => {
  const all = setUp();
  const weights = new File(['PK\x03\x04 archive/data.pkl '], 'best.model');
  const opening = all.actions.openFiles([{ path: 'best.model', file: weights }]);
  await settle();
  all.opens[0]?.reject(new AppError({ code: 'slide/unrecognized', name: 'best.model' }));
  await settle();
  all.plans[0]?.resolve(PLAN);
  await opening;
  expect(all.store.getState()).toMatchObject({ opening: { status: 'none' }, importing: { status: 'planned' } });
});
