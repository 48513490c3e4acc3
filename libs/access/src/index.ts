export * from './access-gate';
export * from './bindings';
export * from './bound-labels';
export * from './caller';
export { keepFirstToken } from './first-token';
export * from './foreign-keys';
export * from './list-credentials';
export {
  insertCredential,
  listCredentials,
  replaceToken,
  revokeCredentials,
  type CredentialRow,
  type NewCredential,
} from './manage-credentials';
export * from './open-access';
export * from './permit';
export type { CredentialKind } from './read-credentials';
export * from './role';
export type { SourceGate } from './source-gate';
export * from './token';
