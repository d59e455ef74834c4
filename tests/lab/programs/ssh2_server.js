// A server made with ssh2 for Node.js: ssh2_server.js MODULES PORT HOSTKEY PASSWORD; runs nothing, says yes to every command.
const [modules, port, hostKey, password] = process.argv.slice(2);
const { readFileSync } = require("node:fs");
const { Server } = require(`${modules}/ssh2`);

const server = new Server({ hostKeys: [readFileSync(hostKey)] }, (client) => {
  client.on("authentication", (context) => {
    if (context.method === "password" && context.password === password) context.accept();
    else context.reject(["password"]);
  });
  client.on("ready", () => {
    client.on("session", (accept) => {
      accept().on("exec", (acceptCommand) => {
        const stream = acceptCommand();
        stream.exit(0);
        stream.end();
      });
    });
  });
  client.on("error", (error) => console.log(`client: ${error.message}`));
});
server.listen(Number(port), "::");
