import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** What signs is not loaded before somebody acts; what every page needs comes as one piece, which packs better. */
const groups = [
    { name: 'instructions', test: /clients\/js\/src\/(generated\/(instructions|pdas)\/|addresses)/ },
    {
        name: 'shared',
        test: /node_modules\/(react|react-dom|scheduler)\/|app\/src\/(state|config|format|wasm|chain\/(risk|failure|rpc|tokens|wallet))/,
    },
];

export default defineConfig({
    plugins: [react()],
    base: './',
    build: {
        target: 'es2022',
        sourcemap: false,
        assetsInlineLimit: 0,
        rolldownOptions: { output: { codeSplitting: { includeDependenciesRecursively: false, groups } } },
    },
    server: { host: '127.0.0.1' },
    preview: { host: '127.0.0.1' },
    test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
