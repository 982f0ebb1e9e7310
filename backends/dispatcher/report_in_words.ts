import type {BackendReport} from './report';

/** A report as text for people. */
export function reportInWords({versions, active, machine, backends, notRegistered}: BackendReport): string {
  const {runtime, platform, processor, cores, wasm, gpu, webgpu, timerResolutionMs} = machine;
  const features = wasm ? Object.entries(wasm).map(([name, has]) => `${name} ${has ? 'yes' : 'no'}`) : ['none'];
  const width = Math.max(0, ...backends.map(({name}) => name.length));
  return [
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    [runtime, platform, `${cores ?? 'an unknown number of'} cores${processor ? ` of ${processor}` : ''}`].join(', '),
    `WebAssembly: ${features.join(', ')}; clock steps of ${timerResolutionMs.toPrecision(2)} ms`,
    `GPU: ${gpu ? `${gpu.renderer}, WebGL ${gpu.webglVersion}${gpu.software ? ', a program on the CPU' : ''}` : 'no WebGL'}; ${webgpu ? 'WebGPU' : 'no WebGPU'}`,
    ...backends.map(({name, check, runs, problem}) => {
      const verdict = check ?? (problem === null ? 'not checked' : 'FAIL');
      return `${name === active ? '*' : ' '} ${name.padEnd(width)}  ${verdict}  ${problem ?? runs ?? 'not started'}`;
    }),
    ...notRegistered.map((missing) => `  ${missing.name.padEnd(width)}  none  import '${missing.package}' to have it`),
  ].join('\n');
}
