import {readFileSync} from 'node:fs';
import {createServer, type IncomingMessage, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, join, normalize} from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

export interface Site {
  /** A folder of files; the path is what follows `/`. */
  folder: string;
  /** Folders under other names: what follows `/NAME/` is looked for in there. */
  mounts?: Record<string, string>;
  /** Texts in place of files, by their path. */
  texts?: Record<string, string>;
  /** Answers POSTs by their path, JSON to JSON. */
  posts?: Record<string, (body: unknown) => unknown>;
}

/** Serves on loopback, cross-origin isolated so that the page's clock ticks every 5 µs and wasm has its threads. */
export async function serve(site: Site): Promise<{url: string; close(): void}> {
  const server: Server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url!, 'http://localhost').pathname)).replaceAll(
      '\\',
      '/',
    );
    const headers = {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    };
    try {
      if (request.method === 'POST') {
        const answered = await site.posts?.[path]?.(JSON.parse(await bodyOf(request)));
        response.writeHead(200, {...headers, 'Content-Type': 'application/json'}).end(JSON.stringify(answered ?? {}));
        return;
      }
      const file = path.endsWith('/') ? `${path}index.html` : path;
      const content = site.texts?.[file] ?? readFileSync(placeOf(site, file));
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      response.writeHead(200, {...headers, 'Content-Type': type}).end(content);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function placeOf({folder, mounts = {}}: Site, path: string): string {
  const mount = Object.keys(mounts).find((name) => path.startsWith(`/${name}/`));
  return mount ? join(mounts[mount]!, path.slice(mount.length + 2)) : join(folder, path);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
