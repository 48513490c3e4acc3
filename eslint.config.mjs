import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const SPECS = ['**/*.spec.ts', '**/*.fixture.ts'];
/** Where a process meets its surroundings; everything else is handed what it needs. */
const READS_ENVIRONMENT = [
  '**/config.ts',
  '**/main.ts',
  'libs/testing/**',
  'test/**',
  'bench/**',
  ...SPECS,
];
/** The one helper of an app through which it talks to a terminal. */
const TALKS_TO_TERMINAL = ['apps/*/src/say.ts', 'bench/**', 'libs/testing/**', 'test/**'];

export default defineConfig(
  {
    ignores: [
      'dist/',
      'coverage/',
      '.spend-ledger/',
      '.kafka/',
      '.envoy/',
      '.prometheus/',
      '.generators/',
      '.clients/',
      '.litellm/',
      '.releases/',
      '**/.venv/',
      'clients/*/dist/',
      'clients/typescript/src/openapi.ts',
      'bench/results/',
    ],
  },
  {
    files: ['**/*.{ts,mjs,cjs}'],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-else-return': 'error',
      'no-async-promise-executor': 'error',
      'no-control-regex': 'error',
      'no-empty': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-unsafe-finally': 'error',
      'max-lines': ['error', 250],
      'max-lines-per-function': ['error', 70],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration[exported]', message: 'Name what a module exports.' },
        {
          selector: 'ObjectExpression > SpreadElement > ObjectExpression',
          message: 'Write the members plainly.',
        },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-base-to-string': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-unsafe-argument': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-call': 'error',
      '@typescript-eslint/no-unsafe-member-access': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-await': 'error',
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/restrict-template-expressions': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: [...TALKS_TO_TERMINAL, ...SPECS],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: READS_ENVIRONMENT,
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts and main.ts read it.' },
      ],
    },
  },
  {
    files: ['libs/ledger/**/*.ts'],
    ignores: SPECS,
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'parseFloat', message: 'Money is never a float.' },
        { name: 'process', message: 'The domain knows no process.' },
      ],
    },
  },
  {
    // Answers of a server under test arrive as JSON, which has no type.
    files: [...SPECS, 'libs/testing/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  // A describe block is a table of contents, not a function.
  { files: SPECS, rules: { 'max-lines-per-function': 'off' } },
);
