import {NUMBERS} from './glsl/numbers';
import {pairSource} from './glsl/pair';
import {blockwise} from './glsl/sum';
import {TEXELS} from './glsl/texels';
import {WINDOW} from './glsl/window';
import {indexReader} from './index_reader';
import {type LabelTexture, labelRowReader} from './label_reader';
import type {RowLayout} from './layout';
import type {Precision} from './precision';
import {LAYOUT, layoutUniforms, rowReader} from './row_reader';
import type {Program, Scratch, Texture} from './textures';

const COST = `
  // Of the logits x of a row; what has no label costs nothing.
  vec4 cost(vec4 q, vec4 x, vec4 maxima, vec4 logSums) {
    vec4 cost = mix(q * (logSums - (x - maxima)), vec4(NAN), haveNoSoftmax(maxima));
    return mix(cost, vec4(0.), equal(q, vec4(0.)));
  }
`;

/** Cross-entropy, one number a row: Σ q (log s - (x - m)), from what `logSoftmax` takes too. */
export function lossProgram(
  x: Texture,
  labels: LabelTexture,
  statistics: Scratch,
  layout: RowLayout,
  precision: Precision,
): Program {
  const [logitReader, labelReader] = [rowReader('X', x, layout), labelRowReader(labels, layout)];
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${pairSource(layout)}${WINDOW}${precision.source}
      ${logitReader.source}${labelReader.source}${COST}
      void main() {
        bool isOne;
        int pair = pairOfRow(outputTexel(), isOne);
        vec4 s = texelFetch(S, scratchAt(pair, shiftS), 0);
        Window window = Window(pair, 0, N);
        startX(pair, 0);
        startL(pair, 0);
        vec4 loss = vec4(0.);
        ${blockwise(
          'loss',
          2,
          `
          vec4 x = withinRange(nextX());
          vec4 costs = cost(smoothed(nextL()), x, s.xxzz, s.yyww);
          if (j + 1 == window.end) costs.yw = vec2(0.);
          sum += costs;`,
        )}
        loss = storable(loss + loss.yxwz);
        setOutput(isOne ? loss.x : loss.z);
      }`,
    inputs: {X: x, L: labels.texture, S: statistics},
    uniforms: {
      ...layoutUniforms(layout),
      ...logitReader.uniforms,
      ...labelReader.uniforms,
      ...precision.uniforms,
      shiftS: ['int', [statistics.shift]],
    },
  };
}

/** The same where the labels are classes, not smoothed: of each row one logit is read. */
export function classLossProgram(
  x: Texture,
  shape: number[],
  labels: LabelTexture,
  statistics: Scratch,
  layout: RowLayout,
  precision: Precision,
): Program {
  const readers = [indexReader('X', x, shape), indexReader('L', labels.texture, labels.shape)];
  return {
    source: `
      ${NUMBERS}${TEXELS}${LAYOUT}${pairSource(layout)}${precision.source}
      ${readers.map(({source}) => source).join('')}${COST}
      void main() {
        int row = outputTexel();
        bool isOne;
        int pair = pairOfRow(row, isOne);
        vec4 s = texelFetch(S, scratchAt(pair, shiftS), 0);
        s = isOne ? s : s.zwxy;
        int label = int(atL(row));
        bool isClass = uint(label) < uint(N);
        ivec4 places = placesOfPair(pair, isClass ? label : 0);
        ivec2 place = isOne ? places.xy : places.zw;
        vec4 x = withinRange(vec4(atX(place.y * COLUMNS + place.x)));
        vec4 loss = storable(cost(vec4(1.), x, s.xxxx, s.yyyy));
        setOutput(isClass ? loss.x : NAN);
      }`,
    inputs: {X: x, L: labels.texture, S: statistics},
    uniforms: {
      ...layoutUniforms(layout),
      ...Object.assign({}, ...readers.map(({uniforms}) => uniforms)),
      ...precision.uniforms,
      shiftS: ['int', [statistics.shift]],
    },
  };
}
