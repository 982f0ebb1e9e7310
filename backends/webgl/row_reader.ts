import {texelOfElement} from './glsl/texels';
import {elementStride, type Orientation, type RowLayout, texelStride} from './layout';
import type {Level} from './plan';
import type {Piece} from './program';
import {lieUniform, type Texture} from './textures';

/**
 * GLSL that reads a pair of rows from one of a program's inputs, two elements of each at a time, in whatever layout
 * the input has: `startX(pair, first)` and then again and again `nextX()`, which gives elements j and j+1 of one row
 * and j and j+1 of the other, and goes on to j + step. Past a row's end it gives anything; `first` is even.
 */
export function rowReader(input: string, texture: Texture, layout: RowLayout, {step}: Level): Piece {
  const {linewise, width, packed} = texture;
  const stride = packed ? texelStride(layout) : elementStride(layout);
  // Of a texel with two elements of a row, the next is half as far.
  const both = packed && layout.orientation !== 'outerAxis';
  const move = (texels: number) => [texels % width, Math.floor(texels / width)];
  const inLine = linewise && layout.orientation === 'lastAxis';
  const wrappingStep = `
        place += by;
        if (place.x >= lieOf${input}.x) place += ivec2(-lieOf${input}.x, 1);`;
  return {
    source: `
      // Moves from one element of a row to the next, and from the second element of a texel to the next texel.
      void moveOn${input}(inout ivec2 place, ivec2 by) {
        ${inLine ? 'place.x += by.x;' : wrappingStep}
      }
      ${packed ? packedReader(input, texture, layout) : unpackedReader(input, texture, layout)}`,
    inputs: [input],
    uniforms: {
      ...lieUniform(input, texture),
      [`stepsOf${input}`]: ['ivec4', [...move(stride), ...move(stride * (both ? step / 2 : step - 1))]],
    },
  };
}

function packedReader(input: string, {linewise}: Texture, {orientation}: RowLayout): string {
  const inLine = `
      place${input} = ivec2(first / 2, pair);`;
  const anywhere = `
      ivec2 element = placesOfPair(pair, first).xy;
      place${input} = placeAt(packedTexel(element, LINES, COLUMNS), lieOf${input}.x);
      upper${input} = element.y % LINES % 2 == 0;`;
  // Of a texel with one element of each of four rows, a pair has the upper or the lower half.
  const elements: Record<Orientation, string> = {
    lastAxis: 'return texel;',
    secondLastAxis: 'return texel.xzyw;',
    outerAxis: `
      vec4 following = texelFetch(${input}, place${input}, 0);
      moveOn${input}(place${input}, stepsOf${input}.zw);
      return upper${input} ? vec4(texel.x, following.x, texel.y, following.y)
                           : vec4(texel.z, following.z, texel.w, following.w);`,
  };
  return `
    ivec2 place${input};
    bool upper${input};
    void start${input}(int pair, int first) {${linewise && orientation === 'lastAxis' ? inLine : anywhere}
    }
    vec4 next${input}() {
      vec4 texel = texelFetch(${input}, place${input}, 0);
      moveOn${input}(place${input}, stepsOf${input}.${orientation === 'outerAxis' ? 'xy' : 'zw'});
      ${elements[orientation]}
    }
  `;
}

function unpackedReader(input: string, texture: Texture, {orientation, grid}: RowLayout): string {
  // A long row that is alone is not read twice.
  const lone = orientation === 'lastAxis' && !texture.linewise && grid.batches * grid.lines === 1;
  return `
    ivec2 one${input};
    ivec2 other${input};
    void start${input}(int pair, int first) {
      ivec4 places = placesOfPair(pair, first);
      one${input} = ${texelOfElement(input, texture, 'places.x', 'places.y')};
      other${input} = ${texelOfElement(input, texture, 'places.z', 'places.w')};
    }
    vec2 nextTwoOf${input}(inout ivec2 place) {
      float element = texelFetch(${input}, place, 0).r;
      moveOn${input}(place, stepsOf${input}.xy);
      float following = texelFetch(${input}, place, 0).r;
      moveOn${input}(place, stepsOf${input}.zw);
      return vec2(element, following);
    }
    vec4 next${input}() {
      vec2 one = nextTwoOf${input}(one${input});
      ${lone ? 'return vec4(one, one);' : `return vec4(one, nextTwoOf${input}(other${input}));`}
    }
  `;
}
