/**
 * @needs python3.10
 * @needs python3.13
 */
import { join } from 'node:path';
import { PYTHON_CLIENT, pythonWithWheel } from './support/python-package';
import { describeRecovery } from './support/recovery.fixture';

describeRecovery('Python', async () => [
  await pythonWithWheel('3.13'),
  join(PYTHON_CLIENT, 'recovery/adapter.py'),
]);
