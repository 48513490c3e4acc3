/** How a process is known to the brokers, and they to it. What is in the files is read anew for each connection. */
export interface KafkaSecurity {
  /** `undefined`: without TLS. */
  readonly tls: KafkaTls | undefined;
  readonly sasl: KafkaSasl | undefined;
}

export interface KafkaTls {
  /** Who signs the brokers' certificates; `undefined`: whom Node trusts. */
  readonly caFile: string | undefined;
  /** The process's own certificate. */
  readonly own: { readonly certFile: string; readonly keyFile: string } | undefined;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly passwordFile: string;
}
