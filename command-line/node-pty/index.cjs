// cdktf-cli requires the package node-pty. This package replaces node-pty, because node-pty has no binaries for Node 24 and would need a
// compiler.
module.exports = require("@lydell/node-pty");
