const output = {minify: {compress: false, mangle: true, codegen: true}};

export default {
  build: {rolldownOptions: {output}},
  worker: {rolldownOptions: {output}},
};
