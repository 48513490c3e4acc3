/** The processes of this image, and where each serves HTTP unless HTTP_PORT says otherwise. */
export const HTTP_PORTS = { standalone: 8080, ingest: 8081, projector: 8082, auth: 8083 };

export const isProcess = (name) => Object.hasOwn(HTTP_PORTS, name);
