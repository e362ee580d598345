/** This file creates and reads the packets of MySQL's client/server protocol that the fake server uses. */

export type Cell = string | number;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

const flags = {
  connectWithDatabase: 1 << 3,
  protocol41: 1 << 9,
  ssl: 1 << 11,
  transactions: 1 << 13,
  secureConnection: 1 << 15,
  pluginAuth: 1 << 19,
};
const status = [0x02, 0x00]; // autocommit

export const packet = (sequence: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
};

/** Splits a stream of bytes into the payloads of packets. `rest` is the start of the next packet. */
export const split = (bytes: Buffer): { payloads: readonly Buffer[]; rest: Buffer } => {
  const payloads: Buffer[] = [];
  let rest = bytes;
  while (rest.length >= 4 && rest.length >= 4 + rest.readUIntLE(0, 3)) {
    const end = 4 + rest.readUIntLE(0, 3);
    payloads.push(rest.subarray(4, end));
    rest = rest.subarray(end);
  }
  return { payloads, rest };
};

/** Returns the first packet that the server sends. @param withTls true if the server offers TLS */
export const greeting = (withTls: boolean): Buffer => {
  const all = Object.values(flags).reduce((sum, flag) => sum | flag, 0) & (withTls ? ~0 : ~flags.ssl);
  const capabilities = Buffer.alloc(4);
  capabilities.writeUInt32LE(all >>> 0);
  return Buffer.concat([
    Buffer.of(10),
    Buffer.from("9.7.0-fake\0"),
    Buffer.of(1, 0, 0, 0),
    Buffer.from("12345678\0"),
    capabilities.subarray(0, 2),
    Buffer.of(255, ...status),
    capabilities.subarray(2),
    Buffer.of(21),
    Buffer.alloc(10),
    Buffer.from("123456789012\0"),
    Buffer.from("caching_sha2_password\0"),
  ]);
};

export const ok = (insertId = 0): Buffer => Buffer.of(0, 1, insertId, ...status, 0, 0);

export const failure = (errno: number, message: string): Buffer =>
  Buffer.concat([Buffer.of(0xff, errno & 0xff, errno >> 8), Buffer.from(`#HY000${message}`)]);

const endOfPart = Buffer.of(0xfe, 0, 0, ...status);

/** Returns the answer to PREPARE with the statement's id and its parameters. */
export const prepared = (parameters: number): readonly Buffer[] => [
  Buffer.of(0, 1, 0, 0, 0, 0, 0, parameters, 0, 0, 0, 0),
  ...(parameters > 0 ? [...Array<Buffer>(parameters).fill(column("?", "")), endOfPart] : []),
];

/** Returns the packets of a table, in the binary form of EXECUTE or in the text form of QUERY. */
export const table = ({ columns, rows }: Table, binary: boolean): readonly Buffer[] => [
  Buffer.of(columns.length),
  ...columns.map((name, index) => column(name, rows[0]?.[index] ?? "")),
  endOfPart,
  ...rows.map(binary ? binaryRow : textRow),
  endOfPart,
];

const text = (value: string): Buffer => Buffer.concat([Buffer.of(Buffer.byteLength(value)), Buffer.from(value)]);

const column = (name: string, sample: Cell): Buffer => {
  const type = typeof sample === "number" ? 0x03 : 0xfd;
  const names = ["def", "", "", "", name, name].map(text);
  return Buffer.concat([...names, Buffer.of(0x0c, 45, 0, 255, 0, 0, 0, type, 0, 0, 0, 0, 0)]);
};

const textRow = (row: readonly Cell[]): Buffer => Buffer.concat(row.map((cell) => text(String(cell))));

const binaryRow = (row: readonly Cell[]): Buffer => {
  const cells = row.map((cell) => {
    if (typeof cell === "string") return text(cell);
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(cell);
    return bytes;
  });
  return Buffer.concat([Buffer.alloc(1 + Math.floor((row.length + 9) / 8)), ...cells]);
};
