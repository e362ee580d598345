import type { Config } from "../config/schema.js";
import { renderMarkup } from "./markup.js";
import { topologyOf, type ParticipantKind, type Participant, type Topology } from "./topology.js";

/** Font sizes in pixels, as in the styles of topology.svg.hbs. All lengths in this file are pixels. */
const fontSize = { name: 14, line: 12, label: 11 } as const;
type Style = keyof typeof fontSize;

const lineHeight = 17;
const dutyHeight = 24;
/** Distance in pixels between a box and the text in it. */
const padding = 12;
/** Distance in pixels between a frame and its boxes, and between servers. */
const gap = 14;
/** Distance in pixels between two boxes that a vertical arrow connects. */
const drop = 46;
/** Height of a frame's title. */
const titleHeight = 26;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Placed = Participant & Place;

/**
 * Returns the width of a text. A letter of a monospaced font is about 0.6 em wide. The SVG contains the width as
 * `textLength`, so that a viewer with another font compresses the text to fit into its box.
 */
const widthOf = (text: string, style: Style): number => Math.ceil(text.length * fontSize[style] * 0.6);

/** Returns a text that is centred at x and has its baseline at y. */
const words = (text: string, style: Style, x: number, y: number) => ({
  ...{ text, style, x, y },
  width: widthOf(text, style),
});

/** Returns the length of a horizontal arrow with a label. */
const reach = (label: string): number => widthOf(label, "label") + 2 * padding;

const widest = (participants: readonly Participant[]): number =>
  2 * padding +
  Math.max(
    ...participants.flatMap(({ name, lines, duties }) => [
      widthOf(name, "name"),
      ...lines.map((text) => widthOf(text, "line")),
      ...duties.map(({ text }) => widthOf(text, "label") + padding),
    ]),
  );

const heightOf = ({ lines, duties }: Participant): number =>
  2 * padding + fontSize.name + lineHeight * lines.length + dutyHeight * duties.length;

/** Returns the height of participants that are placed below each other, including a gap after each participant. */
const stackHeight = (participants: readonly Participant[]): number =>
  participants.reduce((total, participant) => total + heightOf(participant) + gap, 0);

const place = <T extends Participant>(participant: T, x: number, y: number, width: number): T & Place => ({
  ...participant,
  ...{ x, y, width, height: heightOf(participant) },
});

/** Places participants below each other. */
const stack = <T extends Participant>(participants: readonly T[], x: number, y: number, width: number) =>
  participants.map((participant, index) => place(participant, x, y + stackHeight(participants.slice(0, index)), width));

const centre = ({ x, width }: Place): number => x + width / 2;
const middle = ({ y, height }: Place): number => y + height / 2;
const right = ({ x, width }: Place): number => x + width;
const bottom = ({ y, height }: Place): number => y + height;

/** Returns the box of a participant, the boxes of its services, and all its texts. */
function shapesOf({ kind, name, lines, duties, x, y, width, height }: Placed) {
  const centreX = x + width / 2;
  const nameY = y + padding + fontSize.name - 2;
  const firstDutyY = nameY + lineHeight * lines.length + 10;
  const dutyBoxes = duties.map((duty, index) => ({
    ...{ kind: duty.kind, text: duty.text, look: "duty", height: dutyHeight - 4 },
    ...{ x: x + padding, y: firstDutyY + dutyHeight * index, width: width - 2 * padding },
  }));
  return {
    boxes: [{ kind, look: "box", x, y, width, height }, ...dutyBoxes],
    words: [
      words(name, "name", centreX, nameY),
      ...lines.map((text, index) => words(text, "line", centreX, nameY + lineHeight * (index + 1))),
      ...dutyBoxes.map((duty) => words(duty.text, "label", centreX, duty.y + 14)),
    ],
  };
}

const arrow = (kind: ParticipantKind, ...points: readonly (readonly [x: number, y: number])[]) => ({
  kind,
  points: points.map((point) => point.join(",")).join(" "),
});

/**
 * Returns the layout of the diagram. Participants outside the private network are on the left, and the private network
 * with a column of servers is on the right.
 */
function layoutOf({
  visitors,
  cloudflare,
  monitoring,
  balancers,
  webServers,
  databaseServers,
  titles,
  spoken,
}: Topology) {
  const outsiders = [visitors, cloudflare, ...(monitoring ? [monitoring] : [])];
  const servers = [...webServers, ...databaseServers];

  // The column of servers determines the height of the diagram, unless the outside participants need more height. All
  // other boxes are vertically centred.
  const titlesAbove = titleHeight * (webServers.length > 0 ? 1 : 2);
  const serversHeight = stackHeight(servers) - gap + 2 * titleHeight - titlesAbove;
  const outsideHalf = heightOf(cloudflare) / 2 + drop + Math.max(...outsiders.map(heightOf));
  const middleY = gap + Math.max(titlesAbove + serversHeight / 2, outsideHalf);
  const serversY = middleY - serversHeight / 2;
  const groupY = serversY + stackHeight(webServers) + titleHeight - titlesAbove;
  const halfway = (...participants: readonly Participant[]): number => middleY - (stackHeight(participants) - gap) / 2;

  // Computes the widths from left to right.
  const outsideWidth = widest(outsiders);
  const cloudflareBox = place(cloudflare, gap, halfway(cloudflare), outsideWidth);
  const networkX = right(cloudflareBox) + reach(spoken.toBalancer);
  const edgeTrunkX = networkX + gap / 2;
  const balancerX = networkX + 2 * gap;
  const balancerWidth = widest(balancers);
  const webTrunkX = balancerX + balancerWidth + Math.max(...balancers.map(({ toWeb }) => reach(toWeb)));
  const serverX = webTrunkX + 3 * gap;
  const serverWidth = Math.max(widest(servers), widthOf(titles.group, "label"));
  const group = {
    ...{ x: serverX - gap, y: groupY },
    ...{ width: serverWidth + 2 * gap, height: titleHeight + stackHeight(databaseServers) },
  };
  const databaseTrunkX = right(group) + 2 * gap;
  const networkRight = webServers.length > 0 ? databaseTrunkX + reach(spoken.toDatabase) : right(group) + gap;
  return {
    visitorsBox: place(visitors, gap, cloudflareBox.y - drop - heightOf(visitors), outsideWidth),
    monitoringBoxes: monitoring ? [place(monitoring, gap, bottom(cloudflareBox) + drop, outsideWidth)] : [],
    balancerBoxes: stack(balancers, balancerX, halfway(...balancers), balancerWidth),
    webBoxes: stack(webServers, serverX, serversY, serverWidth),
    databaseBoxes: stack(databaseServers, serverX, groupY + titleHeight, serverWidth),
    network: {
      ...{ x: networkX, y: gap, width: networkRight - networkX },
      height: middleY + Math.max(serversHeight / 2 + 2 * gap, outsideHalf) - gap,
    },
    ...{ cloudflareBox, group, edgeTrunkX, webTrunkX, databaseTrunkX },
  };
}

/** Returns the topology of a configuration as a self-contained SVG. */
export function drawTopology(config: Config): string {
  const topology = topologyOf(config);
  const { spoken, titles } = topology;
  const layout = layoutOf(topology);
  const { visitorsBox, cloudflareBox, monitoringBoxes, balancerBoxes, webBoxes, databaseBoxes } = layout;
  const { network, group, edgeTrunkX, webTrunkX, databaseTrunkX } = layout;
  const outsideX = centre(visitorsBox);
  const edgeY = middle(cloudflareBox);
  const belowY = bottom(network) + (monitoringBoxes.length > 0 ? gap : 0);
  const groupEntryY = group.y + titleHeight / 2;
  const serving = [...webBoxes, ...databaseBoxes.filter(({ duties }) => duties.some(({ kind }) => kind === "server"))];
  const placed = [visitorsBox, cloudflareBox, ...monitoringBoxes, ...balancerBoxes, ...webBoxes, ...databaseBoxes];
  const shapes = placed.map(shapesOf);
  const above = (text: string, fromX: number, toX: number, y: number) => words(text, "label", (fromX + toX) / 2, y - 7);
  const beside = (text: string, x: number, y: number) => words(text, "label", x + reach(text) / 2, y + 4);
  return renderMarkup(new URL("./files/topology.svg.hbs", import.meta.url), {
    title: titles.picture,
    width: right(network) + gap,
    height: belowY + gap,
    boxes: [
      { ...network, kind: "network", look: "frame" },
      { ...group, kind: "database", look: "frame" },
      ...shapes.flatMap((shape) => shape.boxes),
    ],
    arrowKinds: ["edge", "balancer", "database", "monitoring"],
    arrows: [
      arrow("edge", [outsideX, bottom(visitorsBox)], [outsideX, cloudflareBox.y]),
      ...balancerBoxes.flatMap((balancer) => {
        const y = middle(balancer);
        return [
          arrow("edge", [right(cloudflareBox), edgeY], [edgeTrunkX, edgeY], [edgeTrunkX, y], [balancer.x, y]),
          ...serving.map((server) =>
            arrow(
              "balancer",
              [right(balancer), y],
              [webTrunkX, y],
              [webTrunkX, middle(server)],
              [server.x, middle(server)],
            ),
          ),
        ];
      }),
      ...webBoxes.map((server) => {
        const [x, y] = [databaseTrunkX, middle(server)];
        return arrow("database", [right(server), y], [x, y], [x, groupEntryY], [right(group), groupEntryY]);
      }),
      // Datadog agents send over the servers' public interfaces, so the arrow starts at a server and goes around the private network.
      ...monitoringBoxes.map((box) => {
        const lastServer = databaseBoxes.at(-1) ?? network;
        const from = centre(lastServer);
        return arrow(
          "monitoring",
          [from, bottom(lastServer)],
          [from, belowY],
          [outsideX, belowY],
          [outsideX, bottom(box)],
        );
      }),
    ],
    words: [
      words(titles.network, "label", centre(network), network.y + 17),
      words(titles.group, "label", centre(group), groupEntryY + 4),
      beside(spoken.toCloudflare, outsideX, (bottom(visitorsBox) + cloudflareBox.y) / 2),
      above(spoken.toBalancer, right(cloudflareBox), network.x, edgeY),
      ...balancerBoxes.map((box) => above(box.toWeb, right(box), webTrunkX, middle(box))),
      ...webBoxes.slice(0, 1).map(() => beside(spoken.toDatabase, databaseTrunkX, groupEntryY)),
      ...monitoringBoxes.map((box) => above(spoken.toMonitoring, right(box), network.x, belowY)),
      ...shapes.flatMap((shape) => shape.words),
    ],
  });
}
