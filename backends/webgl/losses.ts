import {type Draw, numbersDraw} from './draw';
import type {Frame} from './frame';
import {pairOfRowSource, pairSource} from './glsl/pair';
import {indexReader} from './index_reader';
import {classReader, type LabelTexture, labelRowReader} from './label_reader';
import {programOf} from './program';
import {type Part, type Reduction, reductionReader} from './reduce';
import {rowReader} from './row_reader';
import {sums} from './sums';
import type {Texture} from './textures';

const COST = `
  // Of the logits x of a row; what has no label costs nothing. In halves, since x - m may overflow where the cost does not.
  vec4 cost(vec4 q, vec4 x, vec4 maxima, vec4 logSums) {
    vec4 halves = 0.5 * logSums - (0.5 * x - 0.5 * maxima);
    vec4 cost = mix(2. * q * halves, vec4(NAN), haveNoSoftmax(maxima));
    return mix(cost, vec4(0.), equal(q, vec4(0.)));
  }
`;

/** Cross-entropy, Σ q (log s - (x - m)) of each row, from what the reduction for logSoftmax left. */
export function losses(x: Texture, labels: LabelTexture, reduction: Reduction, {layout}: Frame): Part {
  return sums({
    readers: (level) => ({
      X: rowReader('X', x, layout, level),
      L: [reductionReader(reduction), COST, labelRowReader(labels, layout, level)],
    }),
    ofRow: 'vec4 s = ofRowsExponentials(window.pair);',
    term: 'cost(smoothed(l), withinRange(x), s.xxzz, s.yyww)',
    stored: 'storable(t)',
  });
}

/** The same, one number a row, where the labels are classes, not smoothed: of each row one logit is read. */
export function classLossesDraw(
  x: Texture,
  labels: LabelTexture,
  reduction: Reduction,
  {layout, prelude}: Frame,
  outputShape: number[],
): Draw {
  const main = `
      void main() {
        int row = outputTexel();
        bool isOne;
        int pair = pairOfRow(row, isOne);
        vec4 s = ofRowsExponentials(pair);
        s = isOne ? s : s.zwxy;
        int label = classOf(row);
        bool isClass = uint(label) < uint(N);
        ivec4 places = placesOfPair(pair, isClass ? label : 0);
        ivec2 place = isOne ? places.xy : places.zw;
        vec4 x = withinRange(vec4(atX(place.y * COLUMNS + place.x)));
        vec4 loss = storable(cost(vec4(1.), x, s.xxxx, s.yyyy));
        setOutput(isClass ? loss.x : NAN);
      }`;
  const program = programOf([
    ...prelude,
    pairSource(layout),
    pairOfRowSource(layout),
    reductionReader(reduction),
    indexReader('X', x),
    classReader(labels),
    COST,
    main,
  ]);
  return numbersDraw(program, outputShape);
}
