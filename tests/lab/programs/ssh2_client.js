// A login with ssh2 for Node.js: ssh2_client.js MODULES ADDRESS PORT [--key FILE] [--password WORD] [--kex NAME].
const [modules, host, port, ...rest] = process.argv.slice(2);
const { readFileSync } = require("node:fs");
const { Client } = require(`${modules}/ssh2`);

const options = Object.fromEntries(rest.filter((_, at) => at % 2 === 0).map((name, at) => [name.slice(2), rest[2 * at + 1]]));
const client = new Client();
client.on("error", (error) => {
  console.error(`${error.level ?? "Error"}: ${error.message}`);
  process.exitCode = 1;
});
client.on("ready", () => {
  client.exec("true", (error, stream) => {
    if (error) throw error;
    stream.on("close", () => client.end()).resume();
  });
});
client.connect({
  host,
  port: Number(port),
  username: "labuser",
  password: options.password,
  privateKey: options.key && readFileSync(options.key),
  algorithms: options.kex && { kex: options.kex.split(",") },
});
