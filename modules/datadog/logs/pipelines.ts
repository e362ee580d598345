import type { MonitoringContext } from "../scope.js";
import { staticPath } from "../../platform/names.js";
import { logServices } from "../../platform/signals.js";

/** A step that assigns log lines to named classes. The first matching search determines the class. */
export interface Classes {
  /** Attribute of the line that receives the name of the class. */
  readonly target: string;
  /** Search of each class, with the class name as key. */
  readonly classes: Readonly<Record<string, string>>;
}

/** A pipeline that extracts attributes from the log lines of one source. Datadog itself parses JSON lines. */
export interface LogPipeline {
  /** Name of the pipeline in its Terraform address. */
  readonly id: string;
  readonly name: string;
  readonly search: string;
  /** Grok rules for lines that are not JSON. The first matching rule applies. @default - none, because the lines are JSON */
  readonly grok?: { readonly rules: readonly string[]; readonly samples: readonly string[] };
  /** Attribute with the time of the logged event. */
  readonly time: string;
  /** Attribute with the severity of the line. @default - none, because the source has no severity */
  readonly severity?: string;
  /** Attribute with the text to show. @default - the complete line */
  readonly text?: string;
  /** Steps that assign lines to classes, in order. @default - none */
  readonly classes?: readonly Classes[];
}

/** Search for requests that nginx itself rejected, without the application. */
const refusedByNginx = "@http.status_code:(400 OR 403 OR 421) -@upstream_status:?*";

/** Returns the pipelines of the project's own log sources. */
export const logPipelines = ({ config, env }: MonitoringContext): readonly LogPipeline[] => [
  {
    id: "nginx",
    name: "nginx access",
    search: `${env} service:${logServices.nginx} @request_time:*`,
    time: "timestamp",
    classes: [
      {
        target: "http.status_class",
        classes: {
          "2xx": "@http.status_code:[200 TO 299]",
          "3xx": "@http.status_code:[300 TO 399]",
          "4xx": "@http.status_code:[400 TO 499]",
          "5xx": "@http.status_code:[500 TO 599]",
        },
      },
      {
        target: "http.route_class",
        classes: {
          write: "-@http.method:(GET OR HEAD OR OPTIONS)",
          static: `@http.url_details.path:${staticPath}*`,
          read: "@http.url_details.path:*",
        },
      },
      {
        target: "http.speed",
        classes: {
          fast: `@request_time:<=${config.monitoring.serviceLevels.latencySeconds}`,
          slow: "@request_time:*",
        },
      },
      { target: "http.answered_by", classes: { refusal: refusedByNginx, application: "@http.status_code:*" } },
    ],
  },
  {
    id: "application",
    name: "application",
    search: `${env} service:${logServices.application}`,
    // The agent puts a journal entry into an object, so Datadog does not parse the JSON line inside it.
    grok: { rules: ["line %{data::json}"], samples: ['{"level":"info","message":"GET / 200"}'] },
    time: "timestamp",
    severity: "level",
  },
  {
    id: "mysql",
    name: "MySQL errors",
    search: `${env} service:${logServices.mysql}`,
    grok: {
      rules: [
        "error %{date(\"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\"):timestamp} %{integer:thread} \\[%{word:level}\\] \\[%{notSpace:error.code}\\] \\[%{word:subsystem}\\] %{data:error.message}",
      ],
      samples: [
        "2026-11-23T15:13:13.328189Z 0 [System] [MY-011507] [Repl] Plugin group_replication reported: 'A new primary with address 10.0.1.12:3306 was elected.'",
      ],
    },
    time: "timestamp",
    severity: "level",
  },
  {
    id: "mysql-slow",
    name: "MySQL slow queries",
    search: `${env} service:${logServices.mysqlSlow}`,
    grok: {
      rules: [
        "slow # Time: %{date(\"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\"):timestamp}%{data}# Query_time: %{number:query_time}\\s+Lock_time: %{number:lock_time}\\s+Rows_sent: %{integer:rows_sent}\\s+Rows_examined: %{integer:rows_examined}\\s+%{data:statement}",
      ],
      samples: [
        "# Time: 2026-11-23T15:13:13.328189Z\n# User@Host: app[app] @  [10.0.1.11]  Id: 12\n# Query_time: 2.000263  Lock_time: 0.000004 Rows_sent: 1  Rows_examined: 1\nSET timestamp=1795446793;\nselect 1;",
      ],
    },
    time: "timestamp",
    text: "statement",
  },
];
