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
