import { ProxyProcess, type ProxySettings } from './proxy-process';

/** Caddy with `docs/gateways/Caddyfile`; it needs the gateway `caddy`. */
export const startCaddy = (settings: ProxySettings): Promise<ProxyProcess> =>
  ProxyProcess.start(
    {
      name: 'caddy',
      files: ['Caddyfile'],
      args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
    },
    settings,
  );
