/** The processes, and the ports that each opens unless the variables say otherwise. */
export const PORTS = {
  standalone: { HTTP_PORT: 8080, GRPC_PORT: 9090 },
  ingest: { HTTP_PORT: 8081, GRPC_PORT: 9091 },
  projector: { HTTP_PORT: 8082 },
  auth: { HTTP_PORT: 8083, GRPC_PORT: 9093 },
};

export const isProcess = (name) => Object.hasOwn(PORTS, name);
