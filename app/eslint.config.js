import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
    { ignores: ['dist', 'src/wasm'] },
    js.configs.recommended,
    ...tseslint.configs.strict,
    { rules: { '@typescript-eslint/no-invalid-void-type': 'off' } },
);
