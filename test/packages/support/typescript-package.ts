import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PROJECT_FOLDER } from '#libs/testing';
import { runTool } from '../../generated-clients/support/run-tool';
import { keptFolder } from './kept-folder';
import { fileOf } from './python-package';
