/**
 * Prints the programs that an op draws on webgl, each as one text:
 *
 *     npm run shader -- softmax 64x1000
 *     npm run shader -- logSoftmax 8x6x37 --axis 1 --unpacked --masked --software --half --scale 0.5
 */
import {parseArgs} from 'node:util';
import {SHADER_OPS, type ShaderOp, shaderTexts} from './shader_text';

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    axis: {type: 'string', default: '-1'},
    software: {type: 'boolean', default: false},
    unpacked: {type: 'boolean', default: false},
    half: {type: 'boolean', default: false},
    masked: {type: 'boolean', default: false},
    scale: {type: 'string', default: '1'},
  },
});
const [op = '', sizes = ''] = positionals;
const shape = sizes.split('x').map(Number);
if (!SHADER_OPS.includes(op as ShaderOp) || !shape.every((length) => Number.isInteger(length) && length > 0)) {
  console.error(`An op and a shape are needed, such as: softmax 64x1000. The ops are ${SHADER_OPS.join(', ')}.`);
  process.exit(1);
}
const axis = (Number(values.axis) + shape.length) % shape.length;
const texts = shaderTexts({...values, op: op as ShaderOp, shape, axis, scale: Number(values.scale)});
console.log(texts.join('\n\n\n'));
