// cdktf-cli requires a package of this name. Its last release has no binaries for Node 24 and would need a compiler.
module.exports = require("@lydell/node-pty");
