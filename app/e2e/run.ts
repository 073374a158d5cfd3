/** The browser tests: in Chromium, against local chains whose prices the tests set. */
import { access } from './access.ts';
import { User, results } from './check.ts';
import { OTHERS, ending } from './ending.ts';
import { errors } from './errors.ts';
import { journey } from './journey.ts';
import { speed } from './speed.ts';
import { start, type World } from './world.ts';

const SUITES: Record<string, [string[], (world: World) => Promise<void>]> = {
    speed: [['--surge', '100', '--crash-on-command'], speed],
    journey: [
        [],
        async (world) => {
            const user = new User(await (await world.context()).newPage());
            const other = await world.context({ wallet: world.wallet('keeper') });
            await journey(world, user, new User(await other.newPage()));
        },
    ],
    access: [[], access],
    errors: [[], errors],
    ending: [['--traders', OTHERS.toString()], ending],
};

const chosen = process.argv.slice(2);
for (const [name, [options, suite]] of Object.entries(SUITES)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const began = Date.now();
    console.log(`-- ${name}`);
    const world = await start(options);
    await suite(world).finally(() => world.end());
    console.log(`-- ${name}: ${Math.round((Date.now() - began) / 1000)} s`);
}
for (const name of results.failures) console.log(`failed: ${name}`);
console.log(`${results.passed} passed, ${results.failures.length} failed`);
process.exit(results.failures.length === 0 ? 0 : 1);
