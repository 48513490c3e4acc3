import { constants } from 'node:crypto';
import { type SecureContextOptions, type TlsOptions } from 'node:tls';
import { type Logger } from '../logger';
import { StartRefused } from '../start-refused';
import { WakeableLoop } from '../wakeable-loop';
import { fitOf } from './fit-of';
import { readTlsFiles, type TlsBytes, type TlsFiles } from './tls-files';

export interface TlsConfig extends TlsFiles {
  /** How often the files are looked at. */
  readonly reloadMs: number;
}

/** How long a stranger may take for the handshake. */
const HANDSHAKE_MS = 10_000;

/** The certificates of a process's doors: those of the files, also when others have taken their place. */
export class DoorCertificates {
  private readonly loop: WakeableLoop;
  private readonly listeners: ((context: SecureContextOptions) => void)[] = [];

  private constructor(
    private readonly config: TlsConfig,
    private readonly logger: Logger,
    private bytes: TlsBytes,
    private print: string,
    private validToDate: Date,
  ) {
    const { reloadMs } = config;
    this.loop = new WakeableLoop({
      round: () => this.look(),
      pauseMs: 0,
      pollMs: reloadMs,
      retryMs: reloadMs,
      onError: (error) => logger.error(error, 'certificates'),
    });
  }

  /** @throws StartRefused with the sentence that says what is wrong with the files */
  static async read(config: TlsConfig, logger: Logger): Promise<DoorCertificates> {
    const found = await readTlsFiles(config);
    if (!found.ok) throw new StartRefused(found.sentence);
    const fit = fitOf(found.bytes, config);
    if (!fit.ok) throw new StartRefused(fit.sentence);
    return new DoorCertificates(config, logger, found.bytes, found.print, fit.validTo);
  }

  /** For the server of a door. Everybody is let in: whether a certificate is accepted is said for each request. */
  get serverOptions(): TlsOptions {
    return {
      ...this.context,
      requestCert: this.config.clientCaFile !== undefined,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
    };
  }

  /** Until when the certificate in force is valid. */
  get validTo(): Date {
    return this.validToDate;
  }

  /** What new connections are met with. */
  get context(): SecureContextOptions {
    const { cert, key, ca } = this.bytes;
    return {
      cert,
      key,
      ...(ca !== undefined && { ca }),
      minVersion: 'TLSv1.2',
      // A resumed session is not verified anew.
      secureOptions: constants.SSL_OP_NO_TICKET,
    };
  }

  /** Tells `listener` of each change, for as long as `start` runs. */
  onChange(listener: (context: SecureContextOptions) => void): void {
    this.listeners.push(listener);
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async look(): Promise<void> {
    const found = await readTlsFiles(this.config);
    if (found.print === this.print) return;
    this.print = found.print;
    const fit = found.ok ? fitOf(found.bytes, this.config) : found;
    if (!found.ok || !fit.ok) {
      const { sentence } = fit as { readonly sentence: string };
      this.logger.warn(`${sentence} The certificates that were read before stay in force.`);
      return;
    }
    this.bytes = found.bytes;
    this.validToDate = fit.validTo;
    for (const listener of this.listeners) listener(this.context);
    const until = fit.validTo.toISOString();
    this.logger.info(`New certificates are in force; that of TLS_CERT_FILE until ${until}.`);
  }
}
