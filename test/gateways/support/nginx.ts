import { ProxyProcess, type ProxySettings } from './proxy-process';

/** nginx with `docs/gateways/nginx.conf`; it needs the gateway `nginx`. */
export const startNginx = (settings: ProxySettings): Promise<ProxyProcess> =>
  ProxyProcess.start(
    {
      name: 'nginx',
      files: ['nginx.conf'],
      args: (file, folder) => ['-p', folder, '-c', file],
    },
    settings,
  );
