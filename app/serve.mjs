#!/usr/bin/env node
/**
 * Serves the built page: `node serve.mjs [--port N] [--state DIR] [--with-parent]`.
 *
 * `--state` names the folder of a local chain's `localnet.json`: the page is sent to that chain's ports, whichever
 * they are. `--with-parent` ends it with the process that started it. Files are packed once, at the start.
 */
import console from 'node:console';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, relative } from 'node:path';
import process from 'node:process';
import { setInterval } from 'node:timers';
import { URL } from 'node:url';
import { gzipSync } from 'node:zlib';

const TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.wasm': 'application/wasm',
    '.svg': 'image/svg+xml',
};

/** Every file of a folder, packed. */
function load(folder) {
    const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(
        names.map((entry) => {
            const file = join(entry.parentPath, entry.name);
            const plain = readFileSync(file);
            const type = TYPES[extname(file)] ?? 'application/octet-stream';
            return [`/${relative(folder, file)}`, { type, plain, packed: gzipSync(plain, { level: 9 }) }];
        }),
    );
}

/** The query that tells the page where its chain is; none where that is as the page expects. */
function chainQuery(state) {
    const file = state && join(state, 'localnet.json');
    if (!file || !existsSync(file)) return '';
    const { rpcUrl, wsUrl } = JSON.parse(readFileSync(file, 'utf8'));
    if (rpcUrl === 'http://127.0.0.1:8899' && wsUrl === 'ws://127.0.0.1:8900') return '';
    return `?rpc=${encodeURIComponent(rpcUrl)}&ws=${encodeURIComponent(wsUrl)}`;
}

/** Starts the server on 127.0.0.1; port 0 takes a free one. */
export function serve({ folder = join(import.meta.dirname, 'dist'), port = 0, state } = {}) {
    const files = load(folder);
    const server = createServer((request, response) => {
        const { pathname, search } = new URL(request.url ?? '/', 'http://127.0.0.1');
        const query = pathname === '/' && search === '' ? chainQuery(state) : '';
        if (query) {
            response.writeHead(302, { location: `/${query}` }).end();
            return;
        }
        const file = files.get(pathname === '/' ? '/index.html' : pathname);
        if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) {
            response.writeHead(file ? 405 : 404).end();
            return;
        }
        const isPacked = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
        const body = isPacked ? file.packed : file.plain;
        response.writeHead(200, {
            'content-type': file.type,
            'content-length': body.length,
            ...(isPacked && { 'content-encoding': 'gzip' }),
            // Names under assets hold a digest of what is in them.
            'cache-control': pathname.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
            'content-security-policy':
                "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; " +
                "img-src 'self' data:; connect-src *; frame-ancestors 'none'",
            'x-content-type-options': 'nosniff',
            'referrer-policy': 'no-referrer',
        });
        response.end(request.method === 'HEAD' ? undefined : body);
    });
    return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
            resolve({ url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() });
        });
    });
}

/** Ends when the parent does: then this process has another one. */
function endWithParent() {
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || process.exit(0), 500);
}

if (process.argv[1] === import.meta.filename) {
    const value = (name) => {
        const place = process.argv.indexOf(name);
        return place < 0 ? undefined : process.argv[place + 1];
    };
    if (process.argv.includes('--with-parent')) endWithParent();
    serve({ port: Number(value('--port') ?? 8080), state: value('--state') })
        .then(({ url }) => console.log(`the page: ${url}`))
        .catch((error) => {
            console.error(`the page is not served: ${error.message}`);
            process.exit(1);
        });
}
