import { gatewayOf, type GatewayRules, type Gateways } from '#libs/gateways';

/** The gateways of the operator's file, as it is now. */
export class GatewayDirectory {
  /** @param file without a content the operator has none, so there are no gateways */
  constructor(private readonly file: { readonly current: Gateways | undefined }) {}

  /**
   * The rules of the first name that is there, or of the default where there is none.
   * @returns `undefined`: there is no such gateway
   */
  find(...names: readonly (string | undefined)[]): GatewayRules | undefined {
    const { current } = this.file;
    return current && gatewayOf(current, names);
  }
}
