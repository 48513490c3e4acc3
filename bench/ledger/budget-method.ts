import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { GRPC_LOADER } from '#libs/runtime';
import { PROTO_PACKAGE, PROTO_PATH } from '#libs/wire';

/** A method of `BudgetService`: how its messages become bytes. */
export function budgetMethod(name: string): MethodDefinition<object, object> {
  const service = loadSync(PROTO_PATH, GRPC_LOADER)[`${PROTO_PACKAGE}.BudgetService`];
  return (service as Record<string, MethodDefinition<object, object>>)[name]!;
}

export function budgetMethodPath(name: string): string {
  return `/${PROTO_PACKAGE}.BudgetService/${name}`;
}
