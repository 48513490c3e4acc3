export function quietIdleConnections(): void {}
