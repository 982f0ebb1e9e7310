import MagicString from 'magic-string';
import {parseAst} from 'rollup/parseAst';

/**
 * An ES module as CommonJS: its imports and exports are written anew, and all between them stays as it is.
 *
 * An import becomes a constant, which is the same as long as modules do not import each other in a circle, and do not change
 * what they have exported.
 *
 * @throws if the module could do the latter, or has something that Rollup and esbuild make of no file of the library
 */
export function asCommonJs(code) {
  const text = new MagicString(code);
  const program = parseAst(code);
  const variables = program.body.filter(({type, kind}) => type === 'VariableDeclaration' && kind === 'let');
  const changing = variables.flatMap(({declarations}) => declarations.map(({id}) => id.name));
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration') text.overwrite(node.start, node.end, required(node));
    else if (node.type.startsWith('Export')) text.overwrite(node.start, node.end, exported(node, changing));
  }
  for (const {type, start, end, source} of nodesIn(program)) {
    if (type === 'MetaProperty') throw new Error('CommonJS has no import.meta');
    // A package may be an ES module, which only import() loads.
    if (type === 'ImportExpression' && /^\.\//.test(source.value)) {
      text.overwrite(start, end, `Promise.resolve().then(()=>${requireOf(source)})`);
    }
  }
  return `"use strict";Object.defineProperty(exports,"__esModule",{value:true});\n${text}`;
}

const requireOf = ({value}) => `require(${JSON.stringify(value)})`;

function required({specifiers, source}) {
  if (specifiers.length === 0) return `${requireOf(source)};`;
  if (specifiers[0].type === 'ImportNamespaceSpecifier')
    return `const ${specifiers[0].local.name}=${requireOf(source)};`;
  const names = specifiers.map(({type, imported, local}) => {
    if (type !== 'ImportSpecifier') throw new Error(`${type} of ${source.value}`);
    return `${imported.name}:${local.name}`;
  });
  return `const{${names}}=${requireOf(source)};`;
}

/** One by one: so Node finds their names, where an ES module imports the file. */
function exported({type, declaration, specifiers, source}, changing) {
  if (type !== 'ExportNamedDeclaration' || declaration) throw new Error(`${type} with a declaration or of all`);
  const from = source ? `${requireOf(source)}.` : '';
  return specifiers
    .map(({exported, local}) => {
      if (!source && changing.includes(local.name)) throw new Error(`a module exports a variable, ${exported.name}`);
      return `exports.${exported.name}=${from}${local.name};`;
    })
    .join('');
}

function* nodesIn(value) {
  if (value === null || typeof value !== 'object') return;
  if (typeof value.type === 'string') yield value;
  for (const child of Object.values(value)) yield* nodesIn(child);
}
