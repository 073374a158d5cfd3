/** A wire between page and chain that can be cut: what a network that drops does, and no mock of it. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Cuttable {
    port: number;
    cut(): void;
    mend(): void;
    close(): void;
}

export async function cuttable(url: string): Promise<Cuttable> {
    const { hostname, port } = new URL(url);
    const open = new Set<Socket>();
    let isCut = false;
    const server = createServer((near) => {
        if (isCut) {
            near.destroy();
            return;
        }
        const far = connect(Number(port), hostname);
        for (const [one, other] of [
            [near, far],
            [far, near],
        ] as const) {
            open.add(one);
            one.pipe(other);
            one.on('error', () => other.destroy());
            one.on('close', () => {
                open.delete(one);
                other.destroy();
            });
        }
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const drop = () => open.forEach((socket) => socket.destroy());
    return {
        port: (server.address() as AddressInfo).port,
        cut: () => {
            isCut = true;
            drop();
        },
        mend: () => {
            isCut = false;
        },
        close: () => {
            drop();
            server.close();
        },
    };
}
