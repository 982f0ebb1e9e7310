import {readFile} from 'node:fs/promises';
import MagicString from 'magic-string';
import ts from 'typescript';

/**
 * For esbuild: takes comments and indentation out of the GLSL in backends/webgl and the WGSL in backends/webgpu, which is
 * text in templates and would ship as it stands. Lines stay lines, for GLSL's preprocessor. What has no line break in it is
 * no shader.
 */
export const stripGlsl = {
  name: 'strip GLSL',
  setup(build) {
    build.onLoad({filter: /[\\/]backends[\\/]web(?:gl|gpu)[\\/].*\.ts$/}, async ({path}) => {
      const text = await readFile(path, 'utf8');
      const stripped = new MagicString(text);
      for (const {start, end} of templateTexts(ts.createSourceFile(path, text, ts.ScriptTarget.Latest))) {
        const before = text.slice(start, end);
        const after = shorten(before);
        if (before.includes('\n') && after !== before) stripped.overwrite(start, end, after);
      }
      // The map leads from dist to the source as it was written.
      const map = stripped.generateMap({source: path, includeContent: true, hires: true});
      return {contents: `${stripped}\n//# sourceMappingURL=${map.toUrl()}`, loader: 'ts'};
    });
  },
};

/** The texts between interpolations of all templates in a file. */
function templateTexts(file) {
  const texts = [];
  const visit = (node) => {
    const [open, close] = {
      [ts.SyntaxKind.NoSubstitutionTemplateLiteral]: [1, 1],
      [ts.SyntaxKind.TemplateHead]: [1, 2],
      [ts.SyntaxKind.TemplateMiddle]: [1, 2],
      [ts.SyntaxKind.TemplateTail]: [1, 1],
    }[node.kind] ?? [0, 0];
    if (open > 0) texts.push({start: node.getStart(file) + open, end: node.getEnd() - close});
    ts.forEachChild(node, visit);
  };
  visit(file);
  return texts;
}

/** A comment is taken out only if it ends in the same text: an interpolation in it stays a comment. */
function shorten(glsl) {
  return glsl
    .replace(/[ \t]*\/\/[^\n]*(?=\n)/g, '')
    .replace(/[ \t]+$/gm, (spaces, at, whole) => (at + spaces.length === whole.length ? spaces : ''))
    .replace(/\n\s+/g, '\n');
}
