import {readFileSync} from 'node:fs';
import {type Drawing, SHADER_OPS, shaderTexts} from '../../scripts/shader_text';

const SOFTMAX: Drawing = {
  op: 'softmax',
  shape: [64, 1000],
  axis: 1,
  software: false,
  unpacked: false,
  half: false,
  masked: false,
  scale: 1,
};

test('docs/webgl-shaders.md shows what npm run shader prints', () => {
  const shown = Array.from(
    readFileSync('docs/webgl-shaders.md', 'utf8').matchAll(/```glsl\n(.*?)\n```/gs),
    ([, code]) => code,
  );
  const [first, , third] = shaderTexts(SOFTMAX);
  expect(shown).toEqual([first, third]);
});

test.each(SHADER_OPS)('%s can be printed in each form', (op) => {
  const forms: Partial<Drawing>[] = [
    {},
    {software: true},
    {unpacked: true},
    {half: true, scale: 0.7},
    {masked: true},
    {shape: [4, 30, 6], axis: 1},
    {shape: [3, 4, 5], axis: 0},
  ];
  for (const form of forms) {
    const texts = shaderTexts({...SOFTMAX, op, ...form});
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) {
      expect(text).toContain(`// ${op} of [`);
      expect(text).toContain('void main() {');
      expect(text).not.toContain('undefined');
      expect((text.match(/{/g) ?? []).length).toBe((text.match(/}/g) ?? []).length);
    }
  }
});

/** In a module of its own, so that nothing is kept from before. */
function textsInOrder(drawings: Drawing[]): Map<Drawing, string[]> {
  let fresh: typeof shaderTexts;
  jest.isolateModules(() => {
    fresh = require('../../scripts/shader_text').shaderTexts;
  });
  return new Map(drawings.map((drawing) => [drawing, fresh(drawing)]));
}

test('what is kept to be drawn again is never taken for something else', () => {
  const shapes = [
    [64, 1000],
    [7, 33],
    [1, 300],
    [4, 30, 6],
    [4, 30, 7],
    [3, 31, 6],
    [2, 3, 5, 40],
    [130, 1],
  ];
  const forms: Partial<Drawing>[] = [
    {},
    {software: true},
    {unpacked: true},
    {half: true},
    {masked: true},
    {scale: 0.3},
  ];
  const drawings = SHADER_OPS.flatMap((op) =>
    shapes.flatMap((shape) =>
      shape.flatMap((_, axis) => forms.map((form): Drawing => ({...SOFTMAX, ...form, op, shape, axis}))),
    ),
  );
  const there = textsInOrder(drawings);
  const back = textsInOrder([...drawings].reverse());
  for (const drawing of drawings) expect(back.get(drawing)).toEqual(there.get(drawing));
  // Something was kept: the second time nothing is put together anew, and it is the same.
  expect(shaderTexts(SOFTMAX)).toEqual(shaderTexts(SOFTMAX));
});
