import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
    plugins: [react()],
    base: './',
    build: { target: 'es2022', sourcemap: false, assetsInlineLimit: 0 },
    server: { host: '127.0.0.1' },
    preview: { host: '127.0.0.1' },
    test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
