import { describeRecovery } from './support/recovery.fixture';
import { installTypescriptAdapter } from './support/typescript-package';

describeRecovery('TypeScript', async () => [process.execPath, await installTypescriptAdapter()]);
