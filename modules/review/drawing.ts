import type { Config } from "../config/schema.js";
import { topologyOf, type Edge, type Node } from "./topology.js";

/** Sizes in pixels. A column's gap has room for the labels of the connections that end at its right. */
const box = { width: 170, height: 64 } as const;
const gap = { column: 130, row: 32, margin: 40 } as const;
const lineHeight = 17;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A node and the middle of its box. */
interface Placed extends Point {
  readonly node: Node;
  readonly row: number;
}

/** A connection and where its ends are. */
interface Connection extends Edge {
  readonly start: Placed;
  readonly end: Placed;
}

const text = ({ x, y }: Point, content: string, attributes: string): string =>
  `<text x="${x}" y="${y}" ${attributes}>${content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;

/** Each tier with something in it is a column, centred on the tallest. */
function place(tiers: readonly (readonly Node[])[]): readonly Placed[] {
  const columns = tiers.filter((nodes) => nodes.length > 0);
  const tallest = Math.max(...columns.map((nodes) => nodes.length));
  return columns.flatMap((nodes, column) =>
    nodes.map((node, row) => ({
      node,
      row,
      x: gap.margin + box.width / 2 + column * (box.width + gap.column),
      y: 2 * gap.margin + box.height / 2 + (row + (tallest - nodes.length) / 2) * (box.height + gap.row),
    })),
  );
}

function drawNode({ node, x, y }: Placed): string {
  const firstLine = y + 5 - ((node.lines.length - 1) * lineHeight) / 2;
  return [
    `<rect x="${x - box.width / 2}" y="${y - box.height / 2}" width="${box.width}" height="${box.height}" rx="8" class="box"/>`,
    ...node.lines.map((line, index) => text({ x, y: firstLine + index * lineHeight }, line, 'font-size="13"')),
  ].join("\n");
}

/** How far the arc between two nodes of one column bulges to the right; nothing for nodes of different columns. Labels of wider arcs stand beside those of narrower ones. */
const bulge = ({ start, end }: Connection): number =>
  start.x === end.x ? (Math.abs(end.row - start.row) - 0.5) * gap.column : 0;

/** A curve from column to column, or an arc beside the column in which both ends stand. */
function drawConnection(connection: Connection): string {
  const { start, end, label, bothWays } = connection;
  const inColumn = start.x === end.x;
  const x = { start: start.x + box.width / 2, end: end.x + (inColumn ? box.width / 2 : -box.width / 2) };
  // A cubic curve reaches three quarters of the way to its control points.
  const control = inColumn ? x.start + bulge(connection) / 0.75 : (x.start + x.end) / 2;
  const labelAt = inColumn
    ? { x: x.start + bulge(connection), y: (start.y + end.y) / 2 }
    : { x: x.end - gap.column / 2, y: end.y - 8 };
  const markers = `marker-end="url(#arrow)"${bothWays ? ' marker-start="url(#arrow)"' : ""}`;
  return [
    `<path d="M${x.start},${start.y} C${control},${start.y} ${control},${end.y} ${x.end},${end.y}" class="line" ${markers}/>`,
    text(labelAt, label, 'font-size="11" class="label"'),
  ].join("\n");
}

const style = [
  ".box { fill: white; stroke: black }",
  ".line { fill: none; stroke: black }",
  ".network { fill: none; stroke: black; stroke-dasharray: 5 4 }",
  ".label { paint-order: stroke; stroke: white; stroke-width: 4px }",
].join(" ");

const arrow =
  '<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0,1 L8,4 L0,7 z"/></marker>';

/** The topology as a drawing that any browser opens: SVG, from visitors at the left to databases at the right. */
export function svg(config: Config): string {
  const { outside, network, edges } = topologyOf(config);
  const placed = place([...outside, ...network.tiers]);
  const byId = new Map(placed.map((item) => [item.node.id, item]));
  const connections = edges.flatMap((edge) => {
    const [start, end] = [byId.get(edge.from), byId.get(edge.to)];
    return start && end ? [{ ...edge, start, end }] : [];
  });
  const frame = {
    left: gap.margin / 2 + outside.length * (box.width + gap.column),
    right:
      Math.max(...placed.map(({ x }) => x)) +
      box.width / 2 +
      Math.max(gap.margin / 2, ...connections.map((connection) => bulge(connection) + 70)),
    bottom: Math.max(...placed.map(({ y }) => y)) + box.height / 2 + gap.margin,
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${frame.right + gap.margin} ${frame.bottom + gap.margin}" font-family="sans-serif" text-anchor="middle">`,
    `<style>${style}</style>`,
    arrow,
    '<rect width="100%" height="100%" fill="white"/>',
    `<rect x="${frame.left}" y="${gap.margin}" width="${frame.right - frame.left}" height="${frame.bottom - gap.margin}" rx="8" class="network"/>`,
    text({ x: (frame.left + frame.right) / 2, y: gap.margin + 20 }, network.title, 'font-size="13"'),
    ...connections.map(drawConnection),
    ...placed.map(drawNode),
    "</svg>",
    "",
  ].join("\n");
}
