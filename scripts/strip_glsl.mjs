import MagicString from 'magic-string';
import ts from 'typescript';

/** Whether a file may have shaders in it, as text in templates. */
export const SHADERS = /[\\/]backends[\\/]web(?:gl|gpu)[\\/].*\.ts$/;

/**
 * Takes comments and indentation out of GLSL and WGSL, which would ship as it stands. Lines stay lines, for GLSL's
 * preprocessor. What has no line break in it is no shader.
 */
export function stripGlsl(path, text) {
  const stripped = new MagicString(text);
  for (const {start, end} of templateTexts(ts.createSourceFile(path, text, ts.ScriptTarget.Latest))) {
    const before = text.slice(start, end);
    const after = shorten(before);
    if (before.includes('\n') && after !== before) stripped.overwrite(start, end, after);
  }
  return stripped.toString();
}

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
