// Writes src/generated from the committed IDL. `node generate.mjs --check` only compares.
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { rootNodeFromAnchor } from '@codama/nodes-from-anchor';
import { renderVisitor } from '@codama/renderers-js';
import { createFromRoot } from 'codama';

const here = dirname(fileURLToPath(import.meta.url));
const idlFile = join(here, '../../idl/bulkhead.json');
const committed = join(here, 'src/generated');

function* files(folder) {
    for (const name of readdirSync(folder).sort()) {
        const path = join(folder, name);
        if (statSync(path).isDirectory()) yield* files(path);
        else yield path;
    }
}

/** The generator annotates a return type that the current kit's types contradict; inference is right. */
function stripWrongAnnotation(path) {
    const text = readFileSync(path, 'utf8');
    const mended = text.replace(/\): Omit<T, "[A-Za-z]+"> & \{ [A-Za-z]+: [A-Za-z]+Plugin;? \} => \{/g, ') => {');
    if (mended !== text) writeFileSync(path, mended);
}

async function generate(target) {
    const codama = createFromRoot(rootNodeFromAnchor(JSON.parse(readFileSync(idlFile, 'utf8'))));
    await codama.accept(
        renderVisitor(target, {
            deleteFolderBeforeRendering: true,
            formatCode: true,
            generatedFolder: '.',
            kitImportStrategy: 'rootOnly',
            syncPackageJson: false,
        }),
    );
    for (const path of files(target)) stripWrongAnnotation(path);
}

function differences(fresh) {
    const texts = (root) => new Map([...files(root)].map((path) => [relative(root, path), readFileSync(path, 'utf8')]));
    const [old, now] = [texts(committed), texts(fresh)];
    return [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name) !== now.get(name));
}

const scratch = mkdtempSync(join(tmpdir(), 'bulkhead-client-'));
try {
    const fresh = join(scratch, 'generated');
    await generate(fresh);
    if (process.argv.includes('--check')) {
        const changed = differences(fresh);
        if (changed.length > 0) {
            console.error(`clients/js/src/generated is not what the IDL gives; run npm run generate:\n${changed.join('\n')}`);
            process.exitCode = 1;
        }
    } else {
        rmSync(committed, { recursive: true, force: true });
        cpSync(fresh, committed, { recursive: true });
        console.log(`${[...files(committed)].length} files in clients/js/src/generated`);
    }
} finally {
    rmSync(scratch, { recursive: true, force: true });
}
