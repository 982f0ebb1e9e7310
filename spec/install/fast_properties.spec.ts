import {execFileSync} from 'node:child_process';

/**
 * V8 keeps the properties of an object that had one deleted in a dictionary. For tfjs's engine that makes every op of the
 * program slower, so install() must not delete from it. Of the built package, in a process of its own.
 */
test("install() and uninstall() leave V8's fast properties to tfjs's engine", () => {
  const program = `
    const tf = require('@tensorflow/tfjs-core');
    const {install, uninstall} = require('tfjs-softmax');
    const isFast = () => %HasFastProperties(tf.engine());
    const seen = [isFast()];
    for (let i = 0; i < 3; i++) {
      install();
      seen.push(isFast());
      uninstall();
      seen.push(isFast());
    }
    tf.engine().first = 1;
    tf.engine().second = 2;
    delete tf.engine().first;
    seen.push(isFast());
    console.log(JSON.stringify(seen));`;
  const seen = JSON.parse(execFileSync(process.execPath, ['--allow-natives-syntax', '-e', program]).toString());
  // The last shows that the test can tell.
  expect(seen).toEqual([true, true, true, true, true, true, true, false]);
});
