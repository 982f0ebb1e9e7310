import {arch, cpus, platform, release} from 'node:os';
import type {Machine} from '../suite/report';

export function machineOfNode(
  versions: Record<string, string>,
  flags: string[],
  gpu: {name: string; software: boolean} | null = null,
): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    processor: processors[0]?.model ?? arch(),
    cores: processors.length,
    runtime: `Node ${process.version}, V8 ${process.versions.v8}`,
    system: `${platform()} ${release()} ${arch()}`,
    gpu: gpu?.name ?? null,
    softwareGpu: gpu?.software ?? false,
    versions,
    flags: [...ofTheEngine(process.execArgv), ...flags],
  };
}

/** Without what loads TypeScript: a path of this machine. */
function ofTheEngine(flags: string[]): string[] {
  const loads = (flag = '') => /^--(?:require|import|loader)$/.test(flag);
  return flags.filter((flag, i) => !loads(flag) && !loads(flags[i - 1]));
}
