export default {
  build: {
    lib: {entry: 'main.js', formats: ['es'], fileName: () => 'bundle.mjs'},
    rollupOptions: {external: '@tensorflow/tfjs-core'},
  },
};
