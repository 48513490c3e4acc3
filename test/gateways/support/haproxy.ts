import { ProxyProcess, type ProxySettings } from './proxy-process';

/** HAProxy with `docs/gateways/haproxy.cfg` and `spend.lua`; it needs the gateway `haproxy`. */
export const startHaproxy = (settings: ProxySettings): Promise<ProxyProcess> =>
  ProxyProcess.start(
    {
      name: 'haproxy',
      files: ['haproxy.cfg', 'spend.lua'],
      args: (file) => ['-db', '-f', file],
    },
    settings,
  );
