export function registerCodecs(): void {}
