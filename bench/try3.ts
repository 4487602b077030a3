import { startMongod } from "../src/local/mongod.ts";
import { growth } from "./growth.ts";
import { bundle } from "./workerd.ts";

const mongo = await startMongod({ ownServer: true });
const t = Date.now();
try {
  const { script } = await bundle("bench/worker.ts");
  console.log(
    JSON.stringify(
      await growth({
        mongoUri: mongo.uri,
        script,
        sizes: process.argv.slice(2).map(Number),
        say: (l) => console.log(Date.now() - t, l),
      }),
      null,
      1,
    ),
  );
  console.log(Date.now() - t);
} finally {
  await mongo.stop();
}
