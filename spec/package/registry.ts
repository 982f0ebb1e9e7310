import {execFile, spawn} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';

/** A package registry on loopback, so that npm installs without a network. */
export interface Registry {
  url: string;
  close(): void;
}

interface Manifest {
  name: string;
  version: string;
}

interface Published {
  manifest: Manifest;
  /** What its tarball is made of: a file as it is, or a folder. */
  tarball?: string;
  folder?: string;
}

/**
 * Starts a registry that has this package, as `npm pack` packs it into `folder`, and all packages that are installed
 * here, in the versions installed.
 */
export async function startRegistry(folder: string): Promise<Registry> {
  const packages = [await packed(folder), ...installed('node_modules')];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.slice(1));
    const index = /^-\/(\d+)\.tgz$/.exec(path)?.[1];
    if (index !== undefined) {
      const {tarball, folder: from} = packages[Number(index)]!;
      if (tarball) response.end(readFileSync(tarball));
      // As tar, not compressed: npm takes that too. Nothing here reads source maps of others.
      else
        spawn('tar', ['-c', '--exclude=*.map', '--transform=s,^\\.,package,', '-C', from!, '.']).stdout.pipe(response);
      return;
    }
    const versions = packages.flatMap(({manifest}, i) =>
      manifest.name === path ? [[manifest.version, {...manifest, dist: {tarball: `${url()}/-/${i}.tgz`}}]] : [],
    );
    if (versions.length === 0) response.writeHead(404).end('{}');
    else response.end(JSON.stringify(packument(path, Object.fromEntries(versions))));
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: url(),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function packument(name: string, versions: Record<string, Manifest>) {
  return {name, 'dist-tags': {latest: Object.keys(versions)[0]}, versions};
}

async function packed(destination: string): Promise<Published> {
  const {stdout} = await promisify(execFile)('npm', [
    ...['pack', '--ignore-scripts', '--json', '--pack-destination', destination],
  ]);
  const [{filename}] = JSON.parse(stdout) as [{filename: string}];
  return {manifest: manifestIn('.'), tarball: join(destination, filename)};
}

/** What is in a node_modules and in those inside it; of several versions of a package the outer one first. */
function installed(modules: string): Published[] {
  const names = foldersIn(modules).flatMap((name) =>
    name.startsWith('@') ? foldersIn(join(modules, name)).map((inner) => join(name, inner)) : [name],
  );
  const folders = names.map((name) => join(modules, name)).filter((folder) => existsSync(join(folder, 'package.json')));
  const here = folders.map((folder) => ({manifest: manifestIn(folder), folder: resolve(folder)}));
  return [...here, ...folders.flatMap((folder) => installed(join(folder, 'node_modules')))];
}

function foldersIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
