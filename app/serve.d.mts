export interface Served {
    url: string;
    close(): void;
}

/** Starts the server on 127.0.0.1; port 0, the default, takes a free one. */
export function serve(options?: { folder?: string; port?: number; state?: string }): Promise<Served>;
