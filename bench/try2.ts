import { startMongod } from "../src/local/mongod.ts";
import { machine } from "./machine.ts";

const mongo = await startMongod({ ownServer: true });
try {
  console.log(
    JSON.stringify(
      await machine({ mongoUri: mongo.uri, share: Number(process.argv[2]), say: console.log }),
      null,
      1,
    ),
  );
} finally {
  await mongo.stop();
}
